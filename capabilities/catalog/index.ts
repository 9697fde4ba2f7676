export { generateSeatPlan } from './generate-seat-plan.ts';
export { addSeatPlans, fingerprintOfPlan, planSeats } from './plan-seats.ts';
export type { AuditoriumRecord, MovieRecord, PlaceStatus, SeatCounts, TheaterRecord, Upserted } from './records.ts';
export { STATES, timeZoneOf } from './time-zones.ts';
export { upsertAuditoriums, upsertMovies, upsertTheaters } from './upsert.ts';
export {
  parseProgrammeChange,
  PROGRAMME_CHANNEL,
  PROGRAMME_TABLES,
  type ProgrammeChange,
  type ProgrammeTable,
} from './programme-changes.ts';
