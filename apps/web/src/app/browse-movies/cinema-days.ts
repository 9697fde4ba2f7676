// Cinema days are plain dates ('2026-11-22') at the theater; nothing here knows a time zone but Brazil's main one.

/** Today where most theaters are. A phone abroad still asks for the day in Brazil. */
export function todayInBrazil(now: number): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' }).format(now);
}

export function daysAfter(day: string, count: number): string {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** Today and the next ten days. */
export function nextDays(today: string, count = 11): string[] {
  return Array.from({ length: count }, (_, index) => daysAfter(today, index));
}

/** Whether it is a date of the calendar, written as the API writes it. */
export function isDay(text: string | undefined): text is string {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T12:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text;
}

/** The one of `days` that is fewest days away from `wanted`, the later of two. */
export function nearestDay(days: readonly string[], wanted: string): string | null {
  const away = (day: string) => Math.abs(Date.parse(day) - Date.parse(wanted));
  return days.reduce<string | null>((best, day) => (best === null || away(day) <= away(best) ? day : best), null);
}
