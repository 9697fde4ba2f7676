import type { SearchQuery } from '#contracts/catalog';

/** Place and kind; what is left out lets everything through. */
export type Filters = Pick<SearchQuery, 'city' | 'theater' | 'language' | 'format' | 'access'>;

/** 'Recife, PE' → city and state; a name without a state means that name anywhere. */
export function parseCity(text: string | undefined): { city: string | null; state: string | null } {
  const trimmed = text?.trim();
  if (!trimmed) return { city: null, state: null };
  const found = /^(.*\S)\s*,\s*([A-Za-z]{2})$/.exec(trimmed);
  return found ? { city: found[1]!, state: found[2]!.toUpperCase() } : { city: trimmed, state: null };
}

/** The first six parameters of the queries, in the order of search.upcoming. */
export function filterValues(filters: Filters): unknown[] {
  const { city, state } = parseCity(filters.city);
  return [city, state, filters.theater ?? null, filters.language ?? null, filters.format ?? null, filters.access ?? []];
}

/** A calendar day that exists, or null: '2026-02-30' passes the pattern and no database takes it. */
export function realDay(text: string | undefined): string | null {
  if (!text) return null;
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text) ? text : null;
}
