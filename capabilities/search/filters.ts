import type { SearchQuery } from '#contracts/catalog';
import { fold } from './fold.ts';
import type { Programme } from './programme.ts';
import type { ScreeningRow } from './programme-rows.ts';

/** Place and kind; what is left out lets everything through. */
export type Filters = Pick<SearchQuery, 'city' | 'theater' | 'language' | 'format' | 'access'>;

/** The moment an answer speaks of, by the clock and the calendar of the database. */
export type Moment = { nowMs: number; today: string; dayEndsMs: number };

// Days that people can browse ahead.
const DAYS_AHEAD = 60;

/** 'Recife, PE' → city (folded) and state; a name without a state means that name anywhere. */
export function parseCity(text: string | undefined): { city: string | null; state: string | null } {
  const trimmed = text?.trim();
  if (!trimmed) return { city: null, state: null };
  const found = /^(.*\S)\s*,\s*([A-Za-z]{2})$/.exec(trimmed);
  return found ? { city: fold(found[1]!), state: found[2]!.toUpperCase() } : { city: fold(trimmed), state: null };
}

/** A calendar day that exists, or null: '2026-02-30' passes the pattern and is none. */
export function realDay(text: string | undefined): string | null {
  if (!text) return null;
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text) ? text : null;
}

/**
 * Whether a screening can still be sold or will be, in the place and of the kind. Each call also moves `until`: the
 * first moment at which the answer could become another one only because time passes.
 */
export function createSieve(programme: Programme, filters: Filters, moment: Moment) {
  const { city, state } = parseCity(filters.city);
  const lastDay = dayAfter(moment.today, DAYS_AHEAD);
  const access = filters.access ?? [];
  let untilMs = moment.dayEndsMs;
  return {
    lets(screening: ScreeningRow): boolean {
      if (screening.salesCloseAtMs <= moment.nowMs || screening.cinemaDay > lastDay) return false;
      if (filters.theater !== undefined && screening.theaterId !== filters.theater) return false;
      if (filters.language !== undefined && screening.language !== filters.language) return false;
      if (filters.format !== undefined && screening.format !== filters.format) return false;
      if (city !== null || state !== null) {
        const theater = programme.theaters.get(screening.theaterId);
        if (city !== null && theater?.foldedCity !== city) return false;
        if (state !== null && theater?.state !== state) return false;
      }
      for (const feature of access) if (!screening.access.includes(feature)) return false;
      untilMs = Math.min(untilMs, screening.salesCloseAtMs);
      return true;
    },
    /** Milliseconds by the database clock. */
    until: () => untilMs,
  };
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
