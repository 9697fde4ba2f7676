import { planSeats } from './plan-seats.ts';
import type { AuditoriumRecord, MovieRecord, TheaterRecord, Upserted } from './records.ts';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

// Each takes a chunk (a few hundred records, keys unique within it) and answers one outcome per record, by key.
// With `dry` nothing is written: the answer says what would happen.

export async function upsertTheaters(tx: Transaction, records: TheaterRecord[], dry = false): Promise<Upserted[]> {
  return tx.rows<Upserted>(THEATERS, [JSON.stringify(records), dry]);
}

export async function upsertMovies(tx: Transaction, records: MovieRecord[], dry = false): Promise<Upserted[]> {
  return tx.rows<Upserted>(MOVIES, [JSON.stringify(records), dry]);
}

/** Also lays out the seats of auditoriums that need it; `plansCreated` counts the new seat plans. */
export async function upsertAuditoriums(
  tx: Transaction,
  records: AuditoriumRecord[],
  dry = false,
): Promise<{ upserted: Upserted[]; plansCreated: number }> {
  const rows = await tx.rows<Upserted & { needsPlan: boolean }>(AUDITORIUMS, [JSON.stringify(records), dry]);
  const needing = rows.filter((row) => row.needsPlan);
  if (dry) return { upserted: rows, plansCreated: needing.length };
  const plansCreated = await planSeats(
    tx,
    needing.map((row) => row.id!),
  );
  return { upserted: rows, plansCreated };
}

const THEATERS = sql`
  select registry_no as key, theater_id as id, outcome, before from catalog.upsert_theaters($1, $2)`;
const MOVIES = sql`
  select natural_key as key, movie_id as id, outcome, before from catalog.upsert_movies($1, $2)`;
const AUDITORIUMS = sql`
  select registry_no as key, auditorium_id as id, outcome, before, needs_plan as "needsPlan"
  from catalog.upsert_auditoriums($1, $2)`;
