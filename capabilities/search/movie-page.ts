import type { AccessFeature, MovieDetail, ScreeningCard } from '#contracts/catalog';
import type { Queryable } from '#platform/postgres';
import { type Filters, filterValues, realDay } from './filters.ts';
import { AVAILABLE_COUNTS, DAYS_OF_MOVIE, MOVIE, SCREENINGS_OF_DAY } from './queries.ts';

export type MovieQuery = Filters & { date?: string };

type TheaterOfDay = MovieDetail['theaters'][number];

type ScreeningRow = Omit<ScreeningCard, 'access' | 'availableCount'> &
  Omit<TheaterOfDay, 'screenings'> & {
    libras: boolean;
    audioDescription: boolean;
    captions: boolean;
    wheelchair: boolean;
  };

/** Everything about one movie, and its screenings of one day by theater: the asked day, else the next that has any. */
export async function readMovie(db: Queryable, slug: string, query: MovieQuery): Promise<MovieDetail | null> {
  type MovieRow = Omit<MovieDetail, 'days' | 'day' | 'theaters' | 'screeningCount' | 'priceFromCents' | 'nextStartsAt'>;
  const movie = await db.row<MovieRow>(MOVIE, [slug]);
  if (!movie) return null;
  const filters = filterValues(query);
  const days = (await db.rows<{ day: string }>(DAYS_OF_MOVIE, [...filters, movie.movieId])).map((row) => row.day);
  const day = query.date ? realDay(query.date) : (days[0] ?? null);
  const rows = day ? await db.rows<ScreeningRow>(SCREENINGS_OF_DAY, [...filters, movie.movieId, day]) : [];
  const available = await countAvailable(
    db,
    rows.map((row) => row.screeningId),
  );
  return {
    ...movie,
    screeningCount: rows.length,
    priceFromCents: rows.length > 0 ? Math.min(...rows.map((row) => row.priceFromCents)) : null,
    nextStartsAt: rows.map((row) => row.startsAt).reduce<string | null>(earlier, null),
    days,
    day,
    theaters: byTheater(rows, available),
  };
}

const earlier = (a: string | null, b: string) => (a !== null && Date.parse(a) <= Date.parse(b) ? a : b);

async function countAvailable(db: Queryable, screeningIds: number[]): Promise<Map<number, number>> {
  if (screeningIds.length === 0) return new Map();
  const rows = await db.rows<{ screeningId: number; available: number }>(AVAILABLE_COUNTS, [screeningIds]);
  return new Map(rows.map((row) => [row.screeningId, row.available]));
}

function byTheater(rows: ScreeningRow[], available: Map<number, number>): TheaterOfDay[] {
  const theaters = new Map<number, TheaterOfDay>();
  for (const row of rows) {
    const { theaterId, name, city, state, district, address } = row;
    let theater = theaters.get(theaterId);
    if (!theater)
      theaters.set(theaterId, (theater = { theaterId, name, city, state, district, address, screenings: [] }));
    theater.screenings.push(screeningCard(row, available.get(row.screeningId) ?? 0));
  }
  return [...theaters.values()];
}

function screeningCard(row: ScreeningRow, availableCount: number): ScreeningCard {
  const access: AccessFeature[] = [];
  if (row.libras) access.push('libras');
  if (row.audioDescription) access.push('audio_description');
  if (row.captions) access.push('captions');
  if (row.wheelchair) access.push('wheelchair');
  return {
    screeningId: row.screeningId,
    startsAt: row.startsAt,
    localTime: row.localTime,
    afterMidnight: row.afterMidnight,
    auditorium: row.auditorium,
    language: row.language,
    format: row.format,
    access,
    priceFromCents: row.priceFromCents,
    seatCount: row.seatCount,
    availableCount,
    saleState: row.saleState === 'on_sale' && availableCount === 0 ? 'sold_out' : row.saleState,
  };
}
