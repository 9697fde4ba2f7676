import { randomInt } from 'node:crypto';
import type { Database } from '#platform/postgres';
import { newId } from '#platform/ids';
import { halfPriceQuota } from '#contracts/ticket-kinds';

// The smallest valid world: a theater in Recife, one auditorium of a few rows, one film of the public domain.

/** Has the shape of our ids, but its screening is beyond what the database can ask for (int4). */
export const ID_BEYOND_INT4 = '01a2045a-dffa-8bca-a5b5-0187ffffffff';

let serial = randomInt(1_000_000);
const next = () => (serial += 1);

export function seatPlan(rows: number, perRow: number) {
  const seats = Array.from({ length: rows * perRow }, (_, index) => {
    const y = Math.floor(index / perRow);
    const row = String.fromCharCode(65 + y);
    return {
      no: index + 1,
      row,
      label: `${row}${(index % perRow) + 1}`,
      x: index % perRow,
      y,
      kind: 'standard' as const,
    };
  });
  return { width: perRow, height: rows, seats };
}

export async function aTheater(db: Database, options: { name?: string; city?: string; state?: string } = {}) {
  const code = `T${next()}`;
  const row = await db.row<{ id: number }>(
    `insert into catalog.theaters (registry_no, slug, name, city, state) values ($1, lower($1), $2, $3, $4)
     returning theater_id as id`,
    [code, options.name ?? 'Cine São Luís', options.city ?? 'Recife', options.state ?? 'PE'],
  );
  return row!.id;
}

export async function anAuditorium(db: Database, options: { theaterId?: number; rows?: number; perRow?: number } = {}) {
  const theaterId = options.theaterId ?? (await aTheater(db));
  const plan = seatPlan(options.rows ?? 5, options.perRow ?? 10);
  const row = await db.row<{ id: number }>(
    `insert into catalog.auditoriums (theater_id, registry_no, name, seats_total) values ($1, $2, 'Sala 1', $3)
     returning auditorium_id as id`,
    [theaterId, `A${next()}`, plan.seats.length],
  );
  const planned = await db.row<{ id: number }>(
    `insert into catalog.seat_plans (auditorium_id, fingerprint, seat_count, plan) values ($1, $2, $3, $4)
     returning seat_plan_id as id`,
    [row!.id, `F${next()}`, plan.seats.length, JSON.stringify(plan)],
  );
  await db.rows('update catalog.auditoriums set seat_plan_id = $2 where auditorium_id = $1', [row!.id, planned!.id]);
  return { auditoriumId: row!.id, theaterId, seatPlanId: planned!.id, plan };
}

export async function aMovie(db: Database, title = 'Limite') {
  const code = `M${next()}`;
  const row = await db.row<{ id: number }>(
    `insert into catalog.movies (natural_key, slug, title, rating, running_minutes) values ($1, lower($1), $2, '12', 120)
     returning movie_id as id`,
    [code, title],
  );
  return row!.id;
}

/** A screening on sale, tomorrow unless told, with one available ticket per seat. */
export async function aScreening(
  db: Database,
  options: {
    rows?: number;
    perRow?: number;
    priceCents?: number;
    startsAt?: Date;
    quota?: number;
    movieId?: number;
    theaterId?: number;
  } = {},
) {
  const hall = await anAuditorium(db, options);
  const movieId = options.movieId ?? (await aMovie(db));
  const startsAt = options.startsAt ?? new Date(Date.now() + 24 * 3_600_000);
  const seatCount = hall.plan.seats.length;
  const priceCents = options.priceCents ?? 3200;
  const row = await db.row<{ id: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at, cinema_day,
       price_cents, half_price_quota, sales_close_at)
     values ($1, $2, $3, $4, $5, $5::timestamptz + interval '2 hours', ($5::timestamptz at time zone 'America/Sao_Paulo')::date,
       $6, $7, $5::timestamptz + interval '15 minutes')
     returning screening_id as id`,
    [
      hall.auditoriumId,
      hall.theaterId,
      movieId,
      hall.seatPlanId,
      startsAt,
      priceCents,
      options.quota ?? halfPriceQuota(seatCount),
    ],
  );
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents) select $1, no, $2 from generate_series(1, $3) as no`,
    [row!.id, priceCents, seatCount],
  );
  await db.rows('insert into holds.quotas (screening_id, promised) values ($1, 0)', [row!.id]);
  return { screeningId: row!.id, movieId, seatCount, priceCents, startsAt, ...hall };
}

/** A signed-in buyer with a CPF, for code below the session. */
export function aBuyer(seed: number) {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed, 0);
  return { sessionId: newId(), accountId: newId(), role: 'buyer' as const, buyerKey: key };
}
