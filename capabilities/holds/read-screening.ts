import type { AccessFeature, Format, Language, Rating } from '#contracts/catalog';
import type { ScreeningDetail } from '#contracts/screenings';
import type { SeatPlan } from '#contracts/seat-plan';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';

/** A screening as a buyer needs it to choose seats; everything that does not change while they sell. */
export type ScreeningToSell = Omit<ScreeningDetail, 'saleState'> & {
  status: 'on_sale' | 'paused' | 'cancelled';
  salesOpenAtMs: number;
  salesCloseAtMs: number;
};

export async function readScreening(db: Queryable, screeningId: number): Promise<ScreeningToSell | null> {
  const row = await db.row<ScreeningRow>(READ_SCREENING, [screeningId]);
  if (!row) return null;
  const hasWheelchairs = row.plan.seats.some((seat) => seat.kind === 'wheelchair');
  const access: AccessFeature[] = [
    ...(row.libras ? (['libras'] as const) : []),
    ...(row.audioDescription ? (['audio_description'] as const) : []),
    ...(row.captions ? (['captions'] as const) : []),
    ...(hasWheelchairs ? (['wheelchair'] as const) : []),
  ];
  const { libras: _libras, audioDescription: _audio, captions: _captions, ...rest } = row;
  return {
    ...rest,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    salesCloseAt: row.salesCloseAt.toISOString(),
    salesOpenAt: row.salesOpenAt instanceof Date ? row.salesOpenAt.toISOString() : null,
    salesOpenAtMs: Number(row.salesOpenAt),
    salesCloseAtMs: Number(row.salesCloseAt),
    access,
  };
}

/** What a page says about the sale now. The hold decides again, by database time. */
export function saleState(screening: Sale, available: number, nowMs: number): ScreeningDetail['saleState'] {
  if (screening.status !== 'on_sale') return screening.status;
  if (nowMs < screening.salesOpenAtMs) return 'not_yet';
  if (nowMs >= screening.salesCloseAtMs) return 'closed';
  return available === 0 ? 'sold_out' : 'on_sale';
}

export type Sale = Pick<ScreeningToSell, 'status' | 'salesOpenAtMs' | 'salesCloseAtMs'>;

/** Only what `saleState` asks. */
export async function readSale(db: Queryable, screeningId: number): Promise<Sale | null> {
  const row = await db.row<Pick<ScreeningRow, 'status' | 'salesOpenAt' | 'salesCloseAt'>>(READ_SALE, [screeningId]);
  if (!row) return null;
  return { status: row.status, salesOpenAtMs: Number(row.salesOpenAt), salesCloseAtMs: Number(row.salesCloseAt) };
}

type ScreeningRow = {
  screeningId: number;
  movie: ScreeningDetail['movie'] & { rating: Rating | null };
  theater: ScreeningDetail['theater'];
  auditorium: ScreeningDetail['auditorium'];
  startsAt: Date;
  endsAt: Date;
  localDate: string;
  localTime: string;
  cinemaDay: string;
  language: Language;
  format: Format;
  libras: boolean;
  audioDescription: boolean;
  captions: boolean;
  priceCents: number;
  feeBasisPoints: number;
  halfPriceQuota: number;
  /** -Infinity, as a number, when sales were always open. */
  salesOpenAt: Date | number;
  salesCloseAt: Date;
  status: ScreeningToSell['status'];
  plan: SeatPlan;
  priceExceptions: [number, number][];
};

const READ_SCREENING = sql`
  select s.screening_id as "screeningId",
         jsonb_build_object('movieId', m.movie_id, 'slug', m.slug, 'title', m.title, 'rating', m.rating,
           'runningMinutes', m.running_minutes, 'posterUrl', m.poster_url) as movie,
         jsonb_build_object('theaterId', h.theater_id, 'name', h.name, 'city', h.city, 'state', h.state,
           'address', nullif(concat_ws(', ', h.address, h.district), ''), 'timeZone', h.time_zone) as theater,
         jsonb_build_object('auditoriumId', a.auditorium_id, 'name', a.name) as auditorium,
         s.starts_at as "startsAt", s.ends_at as "endsAt", s.cinema_day as "cinemaDay",
         to_char(s.starts_at at time zone h.time_zone, 'YYYY-MM-DD') as "localDate",
         to_char(s.starts_at at time zone h.time_zone, 'HH24:MI') as "localTime",
         s.language, s.format, s.libras, s.audio_description as "audioDescription", s.captions,
         s.price_cents as "priceCents", s.fee_basis_points as "feeBasisPoints",
         s.half_price_quota as "halfPriceQuota", s.sales_open_at as "salesOpenAt",
         s.sales_close_at as "salesCloseAt", s.status, p.plan,
         (select coalesce(jsonb_agg(jsonb_build_array(t.seat_no, t.price_cents) order by t.seat_no), '[]')
            from holds.all_tickets t
           where t.screening_id = s.screening_id and t.price_cents <> s.price_cents) as "priceExceptions"
  from screenings.screenings s
  join catalog.movies m on m.movie_id = s.movie_id
  join catalog.theaters h on h.theater_id = s.theater_id
  join catalog.auditoriums a on a.auditorium_id = s.auditorium_id
  join catalog.seat_plans p on p.seat_plan_id = s.seat_plan_id
  where s.screening_id = $1`;
const READ_SALE = sql`
  select status, sales_open_at as "salesOpenAt", sales_close_at as "salesCloseAt"
  from screenings.screenings where screening_id = $1`;
