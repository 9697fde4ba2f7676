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
