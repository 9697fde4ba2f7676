import { createHash } from 'node:crypto';
import type { SeatPlan } from '#contracts/seat-plan';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { generateSeatPlan } from './generate-seat-plan.ts';

/** Content address of a plan: equal plans have equal fingerprints. The prefix tells whether people drew it. */
export function fingerprintOfPlan(plan: SeatPlan, origin: 'generated' | 'file'): string {
  return `${origin}:${createHash('sha256').update(JSON.stringify(plan)).digest('base64url')}`;
}

type Hall = { id: number; registryNo: string } & Parameters<typeof generateSeatPlan>[0];

/** Seats of one slice: a plan is about 100 bytes a seat, several times over while it is on its way to the database. */
export const PLANNED_SEATS_AT_ONCE = 10_000;

/**
 * Lays out the seats of these auditoriums from their registered counts, a slice at a time, so that a chunk of big
 * theaters does not need hundreds of megabytes. Answers how many plans are new.
 */
export async function planSeats(
  tx: Transaction,
  auditoriumIds: number[],
  seatsAtOnce = PLANNED_SEATS_AT_ONCE,
): Promise<number> {
  if (auditoriumIds.length === 0) return 0;
  let added = 0;
  for (const halls of sliceBySeats(await tx.rows<Hall>(HALLS, [auditoriumIds]), seatsAtOnce)) {
    const plans = halls.map((hall) => ({
      auditoriumId: hall.id,
      plan: generateSeatPlan(hall),
      origin: 'generated' as const,
    }));
    added += await addSeatPlans(tx, plans);
  }
  return added;
}

/** Neighbours together while their seats are no more than the limit; one that is larger by itself comes alone. */
export function sliceBySeats<H extends { seatsTotal: number }>(halls: H[], seatsAtOnce: number): H[][] {
  const slices: H[][] = [];
  let seats = Infinity;
  for (const hall of halls) {
    if (seats + hall.seatsTotal > seatsAtOnce) {
      slices.push([]);
      seats = 0;
    }
    slices.at(-1)!.push(hall);
    seats += hall.seatsTotal;
  }
  return slices;
}

/**
 * Adds plans and makes them the ones that new screenings use. A plan that the auditorium already had is found by its
 * fingerprint and used again; screenings on sale keep theirs. Answers how many plans are new.
 */
export async function addSeatPlans(
  tx: Transaction,
  plans: { auditoriumId: number; plan: SeatPlan; origin: 'generated' | 'file' }[],
): Promise<number> {
  if (plans.length === 0) return 0;
  const added = await tx.row<{ added: number }>(ADD, [
    plans.map((entry) => entry.auditoriumId),
    plans.map((entry) => fingerprintOfPlan(entry.plan, entry.origin)),
    plans.map((entry) => entry.plan.seats.length),
    plans.map((entry) => JSON.stringify(entry.plan)),
  ]);
  await tx.rows(USE, [
    plans.map((entry) => entry.auditoriumId),
    plans.map((entry) => fingerprintOfPlan(entry.plan, entry.origin)),
  ]);
  return added!.added;
}

const HALLS = sql`
  select auditorium_id as id, registry_no as "registryNo", seats_total as "seatsTotal",
         seats_wheelchair as "seatsWheelchair", seats_companion as "seatsCompanion",
         seats_reduced_mobility as "seatsReducedMobility", seats_plus_size as "seatsPlusSize"
  from catalog.auditoriums where auditorium_id = any($1::integer[]) order by auditorium_id`;
const ADD = sql`
  with added as (
    insert into catalog.seat_plans (auditorium_id, fingerprint, seat_count, plan)
    select * from unnest($1::integer[], $2::text[], $3::integer[], $4::jsonb[])
    on conflict (auditorium_id, fingerprint) do nothing returning 1)
  select count(*)::integer as added from added`;
const USE = sql`
  update catalog.auditoriums a set seat_plan_id = p.seat_plan_id
  from unnest($1::integer[], $2::text[]) as g(auditorium_id, fingerprint)
  join catalog.seat_plans p on p.auditorium_id = g.auditorium_id and p.fingerprint = g.fingerprint
  where a.auditorium_id = g.auditorium_id`;
