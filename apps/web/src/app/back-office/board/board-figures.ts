import type { Board } from '#contracts/admin';

export type BoardScreening = Board['screenings'][number];

/** Hours of a cinema's day in their order: the programme begins in the morning and ends after midnight. */
export const FIRST_HOUR = 6;

export function inCinemaOrder<T>(hours: readonly T[]): T[] {
  return [...hours.slice(FIRST_HOUR), ...hours.slice(0, FIRST_HOUR)];
}

/**
 * Tickets until this hour against the same hours last week, as a share (0.12 = 12% more); null where last week had
 * none, because a share of nothing says nothing.
 */
export function againstLastWeek(board: Board, hour: number): number | null {
  const until = (hours: readonly number[]) => hours.slice(0, hour + 1).reduce((sum, count) => sum + count, 0);
  const before = until(board.salesPerHourLastWeek);
  return before === 0 ? null : until(board.salesPerHour) / before - 1;
}

/** The greatest hour, for the sentence under the chart; null when nothing was sold. */
export function bestHour(hours: readonly number[]): { hour: number; count: number } | null {
  const count = Math.max(...hours, 0);
  return count === 0 ? null : { hour: hours.indexOf(count), count };
}

/** Screenings by theater in order of the cinema day; the theaters with the fullest screening first. */
export function byTheater(screenings: readonly BoardScreening[]): { theater: string; screenings: BoardScreening[] }[] {
  const groups = Map.groupBy(screenings, (screening) => screening.theaterName);
  return [...groups]
    .map(([theater, list]) => ({ theater, screenings: list.toSorted((a, b) => cinemaMinute(a) - cinemaMinute(b)) }))
    .sort((a, b) => fullest(b.screenings) - fullest(a.screenings) || a.theater.localeCompare(b.theater, 'pt-BR'));
}

export function shareSold(screening: { sold: number; seatCount: number }): number {
  return screening.seatCount === 0 ? 0 : screening.sold / screening.seatCount;
}

function fullest(screenings: readonly BoardScreening[]): number {
  return Math.max(...screenings.map(shareSold), 0);
}

function cinemaMinute(screening: BoardScreening): number {
  const [hour = 0, minute = 0] = screening.localTime.split(':').map(Number);
  return ((hour + 24 - FIRST_HOUR) % 24) * 60 + minute;
}

export type BoardAlert = Board['alerts'][number] & { count: number };

const IMPORTS_LISTED_MAX = 2;

/** Imports with errors from three on are one line, as new as the newest: they must not hide what else is wrong. */
export function groupAlerts(alerts: Board['alerts']): BoardAlert[] {
  const imports = alerts.filter((alert) => alert.code === 'import_with_errors');
  const each = alerts.map((alert) => ({ ...alert, count: 1 }));
  if (imports.length <= IMPORTS_LISTED_MAX) return each;
  const at = imports
    .map((alert) => alert.at)
    .sort()
    .at(-1)!;
  const rest = each.filter((alert) => alert.code !== 'import_with_errors');
  return [...rest, { ...imports[0]!, at, count: imports.length }];
}
