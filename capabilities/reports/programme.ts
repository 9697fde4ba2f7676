import type { AdminScreening, ProgrammeDay } from '#contracts/admin';
import { assert } from '#platform/fault';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';

export const PROGRAMME_SCREENINGS_MAX = 500;

/** The screenings of a cinema day, by theater and auditorium, with how full they are and what overlaps. */
export async function readProgramme(
  db: Queryable,
  choice: { day: string; theaterId?: number | undefined },
): Promise<ProgrammeDay> {
  const theaters = await db.rows<ProgrammeDay['theaters'][number]>(THEATERS, [choice.day]);
  const rows = await db.rows<ScreeningRow>(SCREENINGS, [
    choice.day,
    choice.theaterId ?? null,
    null,
    PROGRAMME_SCREENINGS_MAX,
  ]);
  return { day: choice.day, theaters, screenings: rows.map(viewOf) };
}

export async function readScreeningOccupancy(db: Queryable, screeningId: number): Promise<AdminScreening | null> {
  const row = await db.row<ScreeningRow>(SCREENINGS, [null, null, screeningId, 1]);
  return row ? viewOf(row) : null;
}

/** The cinema day that it is now where most theaters are. */
export async function cinemaDayNow(db: Queryable): Promise<string> {
  const row = await db.row<{ day: string }>(DAY_NOW);
  assert(row, 'there is always a today');
  return row.day;
}

type ScreeningRow = Omit<AdminScreening, 'startsAt' | 'endsAt'> & { startsAt: Date; endsAt: Date };

function viewOf(row: ScreeningRow): AdminScreening {
  return { ...row, startsAt: row.startsAt.toISOString(), endsAt: row.endsAt.toISOString() };
}

// A show that begins before six in the morning belongs to the day before.
const DAY_NOW = sql`
  select ((statement_timestamp() - interval '6 hours') at time zone 'America/Sao_Paulo')::date as day`;

const THEATERS = sql`
  select theater.theater_id as "theaterId", theater.name, count(*) as screenings
  from screenings.screenings as screening
  join catalog.theaters as theater on theater.theater_id = screening.theater_id
  where screening.cinema_day = $1::date
  group by theater.theater_id, theater.name
  order by theater.name, theater.theater_id`;

const SCREENINGS = sql`
  with shown as (
    select screening.*, movie.title, theater.name as theater, theater.time_zone, auditorium.name as auditorium
    from screenings.screenings as screening
    join catalog.movies as movie on movie.movie_id = screening.movie_id
    join catalog.theaters as theater on theater.theater_id = screening.theater_id
    join catalog.auditoriums as auditorium on auditorium.auditorium_id = screening.auditorium_id
    where ($1::date is null or screening.cinema_day = $1::date)
      and ($2::integer is null or screening.theater_id = $2)
      and ($3::integer is null or screening.screening_id = $3)
    order by theater.name, auditorium.name, screening.starts_at
    limit $4
  )
  select shown.screening_id as "screeningId", shown.title as "movieTitle", shown.theater_id as "theaterId",
    shown.theater as "theaterName", shown.auditorium_id as "auditoriumId", shown.auditorium as "auditoriumName",
    shown.starts_at as "startsAt", shown.ends_at as "endsAt",
    to_char(shown.starts_at at time zone shown.time_zone, 'HH24:MI') as "localTime",
    to_char(shown.ends_at at time zone shown.time_zone, 'HH24:MI') as "localEndTime",
    shown.language, shown.format, shown.price_cents as "priceCents", seats.total as "seatCount", seats.sold,
    seats.held, seats.blocked, buying.open as "openOrders", buying.paid as "paidOrders", shown.status,
    array(
      select other.screening_id from screenings.screenings as other
      where other.auditorium_id = shown.auditorium_id and other.screening_id <> shown.screening_id
        and other.starts_at < shown.ends_at and other.ends_at > shown.starts_at
        -- No show is longer than this; the index of (auditorium, start) finds the neighbours with it.
        and other.starts_at > shown.starts_at - interval '1 day'
        and other.status <> 'cancelled' and shown.status <> 'cancelled'
      order by other.starts_at) as "conflictsWith"
  from shown
  cross join lateral (
    select count(*) as total, count(*) filter (where state = 'sold') as sold,
      count(*) filter (where state = 'held' and held_until > statement_timestamp()) as held,
      count(*) filter (where state = 'blocked') as blocked
    from holds.all_tickets as tickets where tickets.screening_id = shown.screening_id
  ) as seats
  cross join lateral (
    select count(*) filter (where state in ('held', 'awaiting_payment') and held_until > statement_timestamp())
        as open,
      count(*) filter (where state = 'paid') as paid
    from orders.orders where orders.screening_id = shown.screening_id
  ) as buying
  order by shown.theater, shown.auditorium, shown.starts_at`;
