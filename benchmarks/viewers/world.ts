import { createHash } from 'node:crypto';
import { packedLength, setSeat } from '#contracts/seat-states';
import { tokenHash } from '#platform/crypto';
import type { Database } from '#platform/postgres';
import { aMovie, anAuditorium } from '#testing/builders';

export const PRICE_CENTS = 3_200;

/** Screenings of one large hall, every seat for sale. */
export async function screeningsOf(db: Database, count: number, seatsNeeded: number): Promise<number[]> {
  const perRow = 40;
  const hall = await anAuditorium(db, { rows: Math.ceil(seatsNeeded / perRow), perRow });
  const movieId = await aMovie(db);
  const rows = await db.rows<{ id: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at,
       cinema_day, price_cents, half_price_quota, sales_close_at)
     select $1, $2, $3, $4, now() + n * interval '3 hours', now() + n * interval '3 hours' + interval '2 hours',
       current_date, $6, 120, now() + n * interval '3 hours' + interval '1 hour' from generate_series(1, $5) as n
     returning screening_id as id`,
    [hall.auditoriumId, hall.theaterId, movieId, hall.seatPlanId, count, PRICE_CENTS],
  );
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents)
     select id, no, $2 from unnest($3::int[]) as id cross join generate_series(1, $1) as no`,
    [hall.plan.seats.length, PRICE_CENTS, rows.map((row) => row.id)],
  );
  await db.rows('vacuum analyze holds.tickets');
  return rows.map((row) => row.id);
}

/** Signed-in buyers with a CPF key each; gives their session tokens. */
export async function signedInBuyers(db: Database, count: number): Promise<string[]> {
  const digests = Array.from({ length: count }, (_, n) => createHash('sha256').update(`buyer ${n}`).digest());
  const tokens = digests.map((digest) => digest.toString('base64url'));
  await db.rows(
    `with made as (
       insert into accounts.accounts (account_id, email, buyer_key)
       select gen_random_uuid(), 'buyer-' || n || '@poltrona.example', key
         from unnest($1::bytea[]) with ordinality as k(key, n) returning account_id, buyer_key)
     insert into accounts.sessions (session_id, token_hash, account_id, strength, device, idle_seconds, expires_at)
     select gen_random_uuid(), h.hash, m.account_id, 'code', 'benchmark', 86400, now() + interval '1 day'
       from made m join unnest($1::bytea[], $2::bytea[]) as h(key, hash) on h.key = m.buyer_key`,
    [digests.map((digest) => digest.subarray(0, 16)), tokens.map(tokenHash)],
  );
  return tokens;
}

/** The packed states of every screening as the database's rows say, base64 by screening. */
export async function statesInDatabase(db: Database): Promise<Map<number, string>> {
  const rows = await db.rows<{ id: number; states: number[] }>(
    `select screening_id as id, array_agg(holds.state_no(state) order by seat_no) as states
       from holds.tickets group by screening_id`,
  );
  return new Map(
    rows.map(({ id, states }) => {
      const packed = new Uint8Array(packedLength(states.length)).fill(0xff);
      for (const [index, state] of states.entries()) setSeat(packed, index + 1, state);
      return [id, Buffer.from(packed).toString('base64')];
    }),
  );
}
