import type { AdminAuditorium, AdminTheaterDetail, AdminTheaterList } from '#contracts/admin';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';

export const THEATERS_PAGE = 50;

/** Theaters by words of name or city, open or not, by name. */
export async function searchTheaters(
  db: Queryable,
  search: { q?: string | undefined; page: number },
): Promise<AdminTheaterList> {
  const words = (search.q?.trim() ?? '').replace(/[\\%_]/g, (character) => `\\${character}`);
  const offset = (search.page - 1) * THEATERS_PAGE;
  const theaters = await db.rows<AdminTheaterList['theaters'][number]>(THEATERS, [words, THEATERS_PAGE, offset]);
  const counted = await db.row<{ total: number }>(THEATERS_COUNT, [words]);
  return { theaters, total: counted!.total, page: search.page, pageSize: THEATERS_PAGE };
}

export async function readTheater(db: Queryable, theaterId: number): Promise<AdminTheaterDetail | null> {
  const theater = await db.row<Omit<AdminTheaterDetail, 'auditoriums'>>(THEATER, [theaterId]);
  if (!theater) return null;
  return {
    ...theater,
    auditoriums: await db.rows<AdminTheaterDetail['auditoriums'][number]>(AUDITORIUMS, [theaterId]),
  };
}

/** One auditorium with the seat plan that new screenings use; null while none fits. */
export async function readAuditorium(db: Queryable, auditoriumId: number): Promise<AdminAuditorium | null> {
  return db.row<AdminAuditorium>(AUDITORIUM, [auditoriumId]);
}

const THEATERS = sql`
  select theater.theater_id as "theaterId", theater.registry_no as "registryNo", theater.name,
    theater.city, theater.state, theater.status, count(auditorium.auditorium_id) as "auditoriumCount",
    coalesce(sum(auditorium.seats_total), 0)::integer as "seatCount"
  from catalog.theaters as theater
  left join catalog.auditoriums as auditorium on auditorium.theater_id = theater.theater_id
  where $1 = '' or catalog.fold(theater.name) like '%' || catalog.fold($1) || '%'
    or catalog.fold(theater.city) like catalog.fold($1) || '%'
  group by theater.theater_id
  order by theater.name, theater.theater_id
  limit $2 offset $3`;
const THEATERS_COUNT = sql`
  select count(*) as total from catalog.theaters as theater
  where $1 = '' or catalog.fold(theater.name) like '%' || catalog.fold($1) || '%'
    or catalog.fold(theater.city) like catalog.fold($1) || '%'`;
const THEATER = sql`
  select theater_id as "theaterId", registry_no as "registryNo", name, city, state, status, exhibitor,
    nullif(concat_ws(', ', address, district), '') as address, time_zone as "timeZone"
  from catalog.theaters where theater_id = $1`;
const AUDITORIUMS = sql`
  select auditorium_id as "auditoriumId", registry_no as "registryNo", name, status, seats_total as "seatCount",
    seat_plan_id is not null as "hasPlan"
  from catalog.auditoriums where theater_id = $1 order by name, auditorium_id`;
const AUDITORIUM = sql`
  select auditorium.auditorium_id as "auditoriumId", auditorium.registry_no as "registryNo", auditorium.name,
    auditorium.status, auditorium.seats_total as "seatCount", theater.theater_id as "theaterId",
    theater.name as "theaterName", planned.plan
  from catalog.auditoriums as auditorium
  join catalog.theaters as theater on theater.theater_id = auditorium.theater_id
  left join catalog.seat_plans as planned on planned.seat_plan_id = auditorium.seat_plan_id
  where auditorium.auditorium_id = $1`;
