import type { AccessFeature, Format, Language, MovieDetail } from '#contracts/catalog';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';

/** A movie that can be seen, or will be. */
export type MovieRow = Omit<
  MovieDetail,
  'days' | 'day' | 'theaters' | 'screeningCount' | 'priceFromCents' | 'nextStartsAt'
>;

export type TheaterRow = {
  theaterId: number;
  slug: string;
  name: string;
  city: string;
  state: string;
  district: string | null;
  address: string | null;
  timeZone: string;
  closed: boolean;
};

/** A screening that is neither cancelled nor over, with the words that people see. */
export type ScreeningRow = {
  screeningId: number;
  movieId: number;
  theaterId: number;
  cinemaDay: string;
  auditorium: string;
  language: Language;
  format: Format;
  access: AccessFeature[];
  priceCents: number;
  seatCount: number;
  status: 'on_sale' | 'paused';
  startsAtMs: number;
  /** '2026-11-22T19:30:00-03:00': the moment as the clock in the theater shows it. */
  startsAt: string;
  localTime: string;
  afterMidnight: boolean;
  /** -Infinity when sales were always open. */
  salesOpenAtMs: number;
  salesCloseAtMs: number;
};

/** What the clock and the calendar of the database say, and when its day ends. */
export type DatabaseTime = { nowMs: number; today: string; dayEndsMs: number };

type RawScreening = Omit<
  ScreeningRow,
  'startsAt' | 'localTime' | 'afterMidnight' | 'access' | 'startsAtMs' | 'salesCloseAtMs'
> & {
  startsAt: Date;
  salesOpenAt: Date | number;
  salesCloseAt: Date;
  shiftMinutes: number;
  libras: boolean;
  audioDescription: boolean;
  captions: boolean;
  wheelchair: boolean;
};

export const readDatabaseTime = async (db: Queryable): Promise<DatabaseTime> => (await db.row<DatabaseTime>(TIME))!;

/** Whatever transaction changed, added or removed a row, the mark is another one. Two index scans, some milliseconds. */
export const readMark = async (db: Queryable): Promise<string> => (await db.row<{ mark: string }>(MARK))!.mark;

export const readAllMovies = (db: Queryable) => db.rows<MovieRow>(MOVIES_TO_SEE);
export const readMoviesById = (db: Queryable, ids: number[]) => db.rows<MovieRow>(MOVIES_BY_ID, [ids]);
/** Also one that is shown nowhere. */
export const readMovieBySlug = (db: Queryable, slug: string) => db.row<MovieRow>(MOVIE_BY_SLUG, [slug]);
export const readTheaters = (db: Queryable, ids: number[] | null) => db.rows<TheaterRow>(THEATERS, [ids]);

export const readAllScreenings = async (db: Queryable) =>
  (await db.rows<RawScreening>(SCREENINGS_TO_SELL)).map(screeningRow);

export async function readScreeningsById(db: Queryable, ids: number[]): Promise<ScreeningRow[]> {
  return (await db.rows<RawScreening>(SCREENINGS_BY_ID, [ids])).map(screeningRow);
}

export async function readScreeningsByPlace(db: Queryable, theaters: number[], auditoriums: number[]) {
  return (await db.rows<RawScreening>(SCREENINGS_BY_PLACE, [theaters, auditoriums])).map(screeningRow);
}

function screeningRow(raw: RawScreening): ScreeningRow {
  const { startsAt, salesOpenAt, salesCloseAt, shiftMinutes, libras, audioDescription, captions, wheelchair, ...rest } =
    raw;
  const access: AccessFeature[] = [];
  if (libras) access.push('libras');
  if (audioDescription) access.push('audio_description');
  if (captions) access.push('captions');
  if (wheelchair) access.push('wheelchair');
  const local = new Date(startsAt.getTime() + shiftMinutes * 60_000).toISOString();
  return {
    ...rest,
    access,
    startsAtMs: startsAt.getTime(),
    startsAt: `${local.slice(0, 19)}${offset(shiftMinutes)}`,
    localTime: local.slice(11, 16),
    afterMidnight: local.slice(0, 10) > rest.cinemaDay,
    salesOpenAtMs: Number(salesOpenAt),
    salesCloseAtMs: salesCloseAt.getTime(),
  };
}

function offset(minutes: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`;
}

const TIME = sql`
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "nowMs", current_date as today,
         (extract(epoch from (current_date + 1)::timestamptz) * 1000)::bigint as "dayEndsMs"`;

const MARK = sql`
  select concat_ws(' ',
    (select concat(count(*), ' ', sum(xmin::text::bigint)) from catalog.movies),
    (select concat(count(*), ' ', sum(xmin::text::bigint)) from catalog.theaters),
    (select concat(count(*), ' ', sum(xmin::text::bigint)) from catalog.auditoriums),
    (select concat(count(*), ' ', sum(xmin::text::bigint)) from screenings.screenings
      where cinema_day >= current_date - 2)) as mark`;

const MOVIE_COLUMNS = `
  m.movie_id as "movieId", m.slug, m.title, m.original_title as "originalTitle", m.rating,
  m.running_minutes as "runningMinutes", m.genres, m.poster_url as "posterUrl", m.released_on as "releasedOn",
  m.synopsis, m.director, m.actors, m.country, m.credit`;

const TO_SEE = `
  (m.released_on > current_date or exists (
     select from screenings.screenings as s
      where s.movie_id = m.movie_id and s.cinema_day >= current_date - 2
        and s.status <> 'cancelled' and s.sales_close_at > now()))`;

const MOVIES_TO_SEE = `select ${MOVIE_COLUMNS} from catalog.movies as m where ${TO_SEE}`;
const MOVIES_BY_ID = `select ${MOVIE_COLUMNS} from catalog.movies as m where m.movie_id = any($1) and ${TO_SEE}`;
const MOVIE_BY_SLUG = `select ${MOVIE_COLUMNS} from catalog.movies as m where m.slug = $1`;

const THEATERS = sql`
  select theater_id as "theaterId", slug, name, city, state, district, address, time_zone as "timeZone",
         status = 'closed' as closed
    from catalog.theaters where $1::integer[] is null or theater_id = any($1)`;

const SCREENINGS = `
  select s.screening_id as "screeningId", s.movie_id as "movieId", s.theater_id as "theaterId",
         s.cinema_day as "cinemaDay", s.starts_at as "startsAt",
         (extract(epoch from (s.starts_at at time zone t.time_zone) - (s.starts_at at time zone 'UTC')) / 60)::integer
           as "shiftMinutes",
         a.name as auditorium, s.language, s.format, s.libras, s.audio_description as "audioDescription", s.captions,
         a.seats_wheelchair > 0 as wheelchair, s.price_cents as "priceCents", p.seat_count as "seatCount", s.status,
         s.sales_open_at as "salesOpenAt", s.sales_close_at as "salesCloseAt"
    from screenings.screenings as s
    join catalog.theaters as t on t.theater_id = s.theater_id
    join catalog.auditoriums as a on a.auditorium_id = s.auditorium_id
    join catalog.seat_plans as p on p.seat_plan_id = s.seat_plan_id
   where s.status <> 'cancelled' and s.sales_close_at > now() and s.cinema_day >= current_date - 2`;
const SCREENINGS_TO_SELL = SCREENINGS;
const SCREENINGS_BY_ID = `${SCREENINGS} and s.screening_id = any($1)`;
const SCREENINGS_BY_PLACE = `${SCREENINGS} and (s.theater_id = any($1) or s.auditorium_id = any($2))`;
