import type { Format, Language } from '#contracts/catalog';
import type { Queryable, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

type Told<T> = T | null | undefined;

export type ScreeningRecord = {
  /** The caller's number for the record; answers come by it. */
  line: number;
  /** Registry number of the auditorium. */
  auditorium: string;
  /** Registration (CPB, ROE), own code or title of the movie. */
  movie: string;
  /** Date and time at the theater: '2026-11-22', '19:30'. */
  day: string;
  time: string;
  priceCents: number;
  language?: Told<Language>;
  format?: Told<Format>;
  libras?: Told<boolean>;
  audioDescription?: Told<boolean>;
  captions?: Told<boolean>;
  /** When the movie's own running time is not known or other. */
  runningMinutes?: Told<number>;
  /** Of a screening whose tickets are registered already, under this number. */
  reservedId?: Told<number>;
  ticketCount?: Told<number>;
};

/** Why a record was not taken, in order of precedence (register-screenings.fn.sql). */
export type ScreeningRefusal =
  | 'auditorium_unknown'
  | 'auditorium_closed'
  | 'auditorium_without_seats'
  | 'movie_unknown'
  | 'movie_ambiguous'
  | 'overlaps_screening'
  | 'screening_has_sales';

export type RegisteredScreening = {
  line: number;
  screeningId: number | null;
  outcome: 'created' | 'updated' | 'unchanged' | null;
  code: ScreeningRefusal | null;
  value: string | null;
  before: unknown;
  ticketsCreated: number;
  ticketsUpdated: number;
};

/** Creates or updates screenings and registers one ticket per seat. A rehearsal (no tickets) must be rolled back. */
export async function registerScreenings(
  tx: Transaction,
  records: ScreeningRecord[],
  options: { rehearsal?: boolean } = {},
): Promise<RegisteredScreening[]> {
  return tx.rows<RegisteredScreening>(REGISTER, [JSON.stringify(records), !options.rehearsal]);
}

export type ResolvedScreening = {
  line: number;
  code: ScreeningRefusal | null;
  /** Of the screening that is there already. */
  screeningId: number | null;
  /** The plan whose labels its seats have: the screening's own, or the auditorium's for a new one. */
  seatPlanId: number | null;
  /** A number of its own for a screening that is not there yet. */
  freshId: number | null;
};

/** Looks up what records name, without writing anything; at most one record per (auditorium, start). */
export async function resolveScreenings(db: Queryable, records: ScreeningRecord[]): Promise<ResolvedScreening[]> {
  return db.rows<ResolvedScreening>(RESOLVE, [JSON.stringify(records)]);
}

const RESOLVE = sql`
  select line, code, screening_id as "screeningId",
         coalesce((before ->> 'seat_plan_id')::integer, seat_plan_id) as "seatPlanId",
         case when code is null and screening_id is null then
           nextval(pg_get_serial_sequence('screenings.screenings', 'screening_id'))::integer end as "freshId"
  from screenings.look_up_screenings($1) order by line`;
const REGISTER = sql`
  select line, screening_id as "screeningId", outcome, code, value, before, tickets_created as "ticketsCreated",
         tickets_updated as "ticketsUpdated"
  from screenings.register_screenings($1, $2)`;
