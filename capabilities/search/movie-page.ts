import { hash } from 'node:crypto';
import type { MovieDetail, ScreeningCard, SearchQuery } from '#contracts/catalog';
import { asciiJson } from '#platform/ascii-json';
import { createSieve, type Filters, type Moment, parseCity, realDay } from './filters.ts';
import type { Programme, Theater } from './programme.ts';
import type { MovieRow, ScreeningRow } from './programme-rows.ts';

export type MovieQuery = Filters & Pick<SearchQuery, 'date'>;

/** A movie's page but for how full its screenings are: text with a gap after each of them. */
export type MoviePage = {
  /** One piece more than there are screenings. */
  pieces: readonly string[];
  screenings: readonly Pick<ScreeningRow, 'screeningId' | 'status' | 'salesOpenAtMs' | 'salesCloseAtMs'>[];
  /** Tells these pieces from all others. */
  tag: string;
  /** Right until then (database clock) if the programme does not change. */
  untilMs: number;
};

export function movieKey(slug: string, query: MovieQuery): string {
  const { city, state } = parseCity(query.city);
  const access = [...new Set(query.access)].sort();
  return JSON.stringify([
    slug,
    query.date ?? '',
    city,
    state,
    query.theater ?? 0,
    query.language ?? '',
    query.format ?? '',
    access,
  ]);
}

/** Everything about one movie, and its screenings of one day by theater: the asked day, else the next that has any. */
export function moviePage(programme: Programme, movie: MovieRow, query: MovieQuery, moment: Moment): MoviePage {
  const sieve = createSieve(programme, query, moment);
  const all = (programme.screeningsOf.get(movie.movieId) ?? []).filter((screening) => sieve.lets(screening));
  const days = [...new Set(all.map((screening) => screening.cinemaDay))].sort();
  const day = query.date === undefined ? (days[0] ?? null) : realDay(query.date);
  const shown = all.filter((screening) => screening.cinemaDay === day);
  const theaterOf = (screening: ScreeningRow) => programme.theaters.get(screening.theaterId)!;
  shown.sort(
    (a, b) => theaterOf(a).rank - theaterOf(b).rank || a.startsAtMs - b.startsAtMs || a.screeningId - b.screeningId,
  );
  const next = shown.reduce<ScreeningRow | null>((a, b) => (a && a.startsAtMs <= b.startsAtMs ? a : b), null);
  const head: Omit<MovieDetail, 'theaters'> = {
    ...movie,
    screeningCount: shown.length,
    priceFromCents: next && Math.min(...shown.map((screening) => screening.priceCents)),
    nextStartsAt: next && next.startsAt,
    days,
    day,
  };
  let untilMs = sieve.until();
  for (const { salesOpenAtMs } of shown) if (salesOpenAtMs > moment.nowMs) untilMs = Math.min(untilMs, salesOpenAtMs);
  const pieces = piecesOf(head, shown, theaterOf);
  return { pieces, tag: hash('sha256', pieces.join(), 'base64url'), screenings: shown, untilMs };
}

function piecesOf(head: object, shown: ScreeningRow[], theaterOf: (screening: ScreeningRow) => Theater): string[] {
  const pieces: string[] = [];
  let text = `${open(head)},"theaters":[`;
  shown.forEach((screening, index) => {
    const before = shown[index - 1];
    if (before?.theaterId === screening.theaterId) text += ',';
    else text += `${before ? ']},' : ''}${open(place(theaterOf(screening)))},"screenings":[`;
    pieces.push(text + open(card(screening)));
    text = '}';
  });
  pieces.push(`${text}${shown.length > 0 ? ']}' : ''}]}`);
  return pieces;
}

const open = (value: object) => asciiJson(value).slice(0, -1);

const place = ({ theaterId, name, city, state, district, address }: Theater) => ({
  theaterId,
  name,
  city,
  state,
  district,
  address,
});

function card(row: ScreeningRow): Omit<ScreeningCard, 'availableCount' | 'saleState'> {
  return {
    screeningId: row.screeningId,
    startsAt: row.startsAt,
    localTime: row.localTime,
    afterMidnight: row.afterMidnight,
    auditorium: row.auditorium,
    language: row.language,
    format: row.format,
    access: row.access,
    priceFromCents: row.priceCents,
    seatCount: row.seatCount,
  };
}

/** The page as JSON of MovieDetail (ASCII), and what of it is in the gaps, with how many seats are free of each screening, in the order of `screenings`. */
export function fillMoviePage(
  page: MoviePage,
  available: readonly number[],
  nowMs: number,
): { json: string; gaps: string } {
  let json = page.pieces[0]!;
  let gaps = '';
  page.screenings.forEach((screening, index) => {
    const free = available[index]!;
    const gap = `,"availableCount":${free},"saleState":"${saleStateOf(screening, free, nowMs)}"`;
    gaps += gap;
    json += gap + page.pieces[index + 1]!;
  });
  return { json, gaps };
}

function saleStateOf(
  screening: MoviePage['screenings'][number],
  available: number,
  nowMs: number,
): ScreeningCard['saleState'] {
  if (screening.status !== 'on_sale') return screening.status;
  if (nowMs < screening.salesOpenAtMs) return 'not_yet';
  return available === 0 ? 'sold_out' : 'on_sale';
}
