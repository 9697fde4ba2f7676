import type { MovieCard, SearchAnswer, SearchQuery } from '#contracts/catalog';
import type { Queryable } from '#platform/postgres';
import { filterValues, realDay } from './filters.ts';
import { COMING_SOON, DAYS, NOW_SHOWING } from './queries.ts';

export const PAGE_SIZE = 24;
const COMING_SOON_MAX = 24;
/** More letters than this never help to find a title, and cost the database. */
const TYPED_MAX = 80;

/** Movies by name, by day, or by both, in a place and of a kind. An impossible day finds nothing. */
export async function searchMovies(db: Queryable, query: SearchQuery): Promise<SearchAnswer> {
  const typed = (query.q ?? '').trim().slice(0, TYPED_MAX);
  const day = realDay(query.date);
  const page = query.page ?? 1;
  const filters = filterValues(query);
  const days = (await db.rows<{ day: string }>(DAYS, [...filters, typed])).map((row) => row.day);
  if (query.date && !day) return { nowShowing: [], comingSoon: [], total: 0, page, pageSize: PAGE_SIZE, days };
  const found = await db.rows<{ card: MovieCard; total: number }>(NOW_SHOWING, [
    ...filters,
    typed,
    day,
    PAGE_SIZE,
    (page - 1) * PAGE_SIZE,
  ]);
  const soon = page === 1 ? await db.rows<MovieCard>(COMING_SOON, [typed, COMING_SOON_MAX]) : [];
  return {
    nowShowing: found.map((row) => row.card),
    comingSoon: soon,
    total: found[0]?.total ?? 0,
    page,
    pageSize: PAGE_SIZE,
    days,
  };
}
