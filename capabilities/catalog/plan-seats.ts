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

/** Lays out the seats of these auditoriums from their registered counts. Answers how many plans are new. */
export async function planSeats(tx: Transaction, auditoriumIds: number[]): Promise<number> {
  if (auditoriumIds.length === 0) return 0;
  const halls = await tx.rows<Hall>(HALLS, [auditoriumIds]);
  return addSeatPlans(
    tx,
    halls.map((hall) => ({ auditoriumId: hall.id, plan: generateSeatPlan(hall), origin: 'generated' as const })),
  );
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
