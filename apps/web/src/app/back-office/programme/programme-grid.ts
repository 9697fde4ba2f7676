import type { AdminScreening } from '#contracts/admin';

const DAY_STARTS = 6 * 60; // A show before six in the morning belongs to the evening before.
const HOUR = 60;

/** `start` and `end` in minutes since midnight of the cinema day: 00:10 of a late show is 1450. */
export type Bar = { screening: AdminScreening; start: number; end: number; lane: number };
export type AuditoriumRow = { auditoriumId: number; name: string; bars: Bar[]; lanes: number };
export type DayGrid = { from: number; until: number; hours: number[]; rows: AuditoriumRow[] };

/** The day as rows of auditoriums. Overlapping screenings of one auditorium get lanes of their own. */
export function layDay(screenings: readonly AdminScreening[]): DayGrid {
  const groups = Map.groupBy(screenings, (screening) => screening.auditoriumId);
  const rows = [...groups.values()]
    .map((list) => rowOf(list))
    .sort((a, b) => a.name.localeCompare(b.name, 'pt-BR', { numeric: true }));
  const bars = rows.flatMap((row) => row.bars);
  const from = Math.floor(Math.min(...bars.map((bar) => bar.start), 18 * HOUR) / HOUR) * HOUR;
  const until = Math.ceil(Math.max(...bars.map((bar) => bar.end), 23 * HOUR) / HOUR) * HOUR;
  const hours = Array.from({ length: (until - from) / HOUR }, (_, index) => from + index * HOUR);
  return { from, until, hours, rows };
}

/** Where a bar lies, in per cent of the whole day. */
export function placeOf(grid: DayGrid, bar: { start: number; end: number }): { left: number; width: number } {
  const whole = grid.until - grid.from;
  return { left: ((bar.start - grid.from) / whole) * 100, width: ((bar.end - bar.start) / whole) * 100 };
}

/** Each pair of screenings that overlap in one auditorium, once. */
export function conflictsOf(screenings: readonly AdminScreening[]): [AdminScreening, AdminScreening][] {
  const known = new Map(screenings.map((screening) => [screening.screeningId, screening]));
  return screenings.flatMap((one) =>
    one.conflictsWith
      .filter((id) => id > one.screeningId)
      .flatMap((id): [AdminScreening, AdminScreening][] => {
        const other = known.get(id);
        return other ? [[one, other]] : [];
      }),
  );
}

export function minutesOf(localTime: string): number {
  const [hours = 0, minutes = 0] = localTime.split(':').map(Number);
  const inDay = hours * HOUR + minutes;
  return inDay < DAY_STARTS ? inDay + 24 * HOUR : inDay;
}

function rowOf(list: readonly AdminScreening[]): AuditoriumRow {
  const first = list[0]!;
  const freeAt: number[] = [];
  const bars = list
    .map((screening) => {
      const start = minutesOf(screening.localTime);
      const length = (Date.parse(screening.endsAt) - Date.parse(screening.startsAt)) / 60_000;
      return { screening, start, end: start + Math.max(15, length), lane: 0 };
    })
    .sort((a, b) => a.start - b.start || a.screening.screeningId - b.screening.screeningId)
    .map((bar) => {
      const open = freeAt.findIndex((free) => free <= bar.start);
      const lane = open === -1 ? freeAt.length : open;
      freeAt[lane] = bar.end;
      return { ...bar, lane };
    });
  return { auditoriumId: first.auditoriumId, name: first.auditoriumName, bars, lanes: freeAt.length };
}

/** '2026-11-22' and 1 → '2026-11-23' */
export function dayAfter(day: string, days: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
