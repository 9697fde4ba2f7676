import type { MovieCard, SearchAnswer, SearchQuery } from '#contracts/catalog';
import { createSieve, type Moment, parseCity, realDay } from './filters.ts';
import { fold } from './fold.ts';
import type { Programme } from './programme.ts';
import type { MovieRow, ScreeningRow } from './programme-rows.ts';

export const PAGE_SIZE = 24;
const COMING_SOON_MAX = 24;
/** More letters than this never help to find a title. */
const TYPED_MAX = 80;

/** One text for all questions that have the same answer: case, accents, spaces and order aside. */
export function searchKey(query: SearchQuery): string {
  const { city, state } = parseCity(query.city);
  return JSON.stringify([
    typedOf(query),
    query.date ?? '',
    city,
    state,
    query.theater ?? 0,
    query.language ?? '',
    query.format ?? '',
    [...new Set(query.access)].sort(),
    query.page ?? 1,
  ]);
}

const typedOf = (query: SearchQuery) => fold((query.q ?? '').trim().slice(0, TYPED_MAX));

type Found = {
  movieId: number;
  count: number;
  priceCents: number;
  next: ScreeningRow;
  rank: number;
  titleRank: number;
};

const better = (a: Found, b: Found) => b.rank - a.rank || b.count - a.count || a.titleRank - b.titleRank;

/**
 * Movies by name, by day, or by both, in a place and of a kind. An impossible day finds nothing. The answer is right
 * until `untilMs` (database clock), if the programme does not change before. From memory, well below a millisecond.
 */
export function searchMovies(
  programme: Programme,
  query: SearchQuery,
  moment: Moment,
): { answer: SearchAnswer; untilMs: number } {
  const typed = typedOf(query);
  const day = realDay(query.date);
  const page = query.page ?? 1;
  const matches = typed === '' ? null : programme.titles.match(typed);
  const sieve = createSieve(programme, query, moment);
  const days = new Set<string>();
  const found: Found[] = [];
  for (const movieId of matches ? matches.keys() : programme.screeningsOf.keys()) {
    let entry: Found | null = null;
    for (const screening of programme.screeningsOf.get(movieId) ?? []) {
      if (!sieve.lets(screening)) continue;
      days.add(screening.cinemaDay);
      if (query.date !== undefined && screening.cinemaDay !== day) continue;
      entry ??= {
        movieId,
        count: 0,
        priceCents: Infinity,
        next: screening,
        rank: matches?.get(movieId) ?? 0,
        titleRank: programme.titleRank(movieId),
      };
      entry.count += 1;
      entry.priceCents = Math.min(entry.priceCents, screening.priceCents);
      if (earlier(screening, entry.next)) entry.next = screening;
    }
    if (entry && programme.movies.has(movieId)) found.push(entry);
  }
  const shown = firstOf(found, page * PAGE_SIZE, better).slice((page - 1) * PAGE_SIZE);
  const impossible = query.date !== undefined && day === null;
  const soon = page === 1 && !impossible ? comingSoon(programme, matches, moment) : { cards: [], untilMs: Infinity };
  return {
    answer: {
      nowShowing: shown.map((each) =>
        cardOf(programme.movies.get(each.movieId)!, each.count, each.priceCents, each.next.startsAt),
      ),
      comingSoon: soon.cards,
      total: shown.length > 0 ? found.length : 0,
      page,
      pageSize: PAGE_SIZE,
      days: [...days].sort(),
    },
    untilMs: Math.min(sieve.until(), soon.untilMs),
  };
}

/** The first `count` in this order. Sorting ten thousand to show two dozen took most of a search's time. */
function firstOf<T>(all: T[], count: number, compare: (a: T, b: T) => number): T[] {
  if (count > 10 * PAGE_SIZE) return all.sort(compare).slice(0, count);
  const first: T[] = [];
  for (const each of all) {
    if (first.length === count && compare(each, first[count - 1]!) >= 0) continue;
    let at = first.length;
    while (at > 0 && compare(each, first[at - 1]!) < 0) at -= 1;
    first.splice(at, 0, each);
    if (first.length > count) first.pop();
  }
  return first;
}

const earlier = (a: ScreeningRow, b: ScreeningRow) =>
  a.startsAtMs < b.startsAtMs || (a.startsAtMs === b.startsAtMs && a.screeningId < b.screeningId);

/** Announced, and nowhere to be seen yet. */
function comingSoon(
  programme: Programme,
  matches: ReadonlyMap<number, number> | null,
  { today, nowMs }: Moment,
): { cards: MovieCard[]; untilMs: number } {
  let untilMs = Infinity;
  const found: MovieRow[] = [];
  for (const movie of programme.movies.values()) {
    if (movie.releasedOn === null || movie.releasedOn <= today) continue;
    if (matches && !matches.has(movie.movieId)) continue;
    const closes = (programme.screeningsOf.get(movie.movieId) ?? []).map((each) => each.salesCloseAtMs);
    const last = Math.max(0, ...closes);
    if (last <= nowMs) found.push(movie);
    else untilMs = Math.min(untilMs, last);
  }
  found.sort(
    (a, b) =>
      (matches?.get(b.movieId) ?? 0) - (matches?.get(a.movieId) ?? 0) ||
      (a.releasedOn! < b.releasedOn! ? -1 : a.releasedOn! > b.releasedOn! ? 1 : 0) ||
      programme.titleRank(a.movieId) - programme.titleRank(b.movieId),
  );
  return { cards: found.slice(0, COMING_SOON_MAX).map((movie) => cardOf(movie, 0, null, null)), untilMs };
}

function cardOf(movie: MovieRow, screeningCount: number, priceFromCents: number | null, nextStartsAt: string | null) {
  const { movieId, slug, title, originalTitle, rating, runningMinutes, genres, posterUrl, releasedOn } = movie;
  return {
    movieId,
    slug,
    title,
    originalTitle,
    rating,
    runningMinutes,
    genres,
    posterUrl,
    releasedOn,
    screeningCount,
    priceFromCents,
    nextStartsAt,
  } satisfies MovieCard;
}
