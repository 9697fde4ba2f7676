import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import type { Database } from '#platform/postgres';
import { createReading, type Reading, type ReadingOptions } from './reading.ts';

/** A clock that stands still until a test moves it. */
export function aStandingClock() {
  let nowMs = Date.now();
  return { now: () => new Date(nowMs), pass: (ms: number) => void (nowMs += ms) };
}

/** A database that counts what it is asked, and can be made to wait. */
export function aCountingDatabase(db: Database) {
  const gate = { queries: 0, open: Promise.resolve() as Promise<void> };
  const rows: Database['rows'] = async (text, values) => {
    gate.queries += 1;
    const found = await db.rows(text, values);
    await gate.open;
    return found as never;
  };
  const row: Database['row'] = async (text, values) => ((await rows(text, values))[0] ?? null) as never;
  return { gate, db: { ...db, rows, row } satisfies Database };
}

/** One API process: its own memory, its own listeners, its own clock. */
export async function aProcess(database: Database, options: Partial<ReadingOptions> = {}) {
  const clock = aStandingClock();
  const { gate, db } = aCountingDatabase(database);
  const reading = await createReading({ db, clock, log: pino({ level: 'silent' }), ...options });
  return { reading, clock, gate };
}

export const json = (found: { body: string } | null) => found && JSON.parse(found.body);

/** Waits for real events, never for a time: it ends as soon as the answer is the wanted one. */
export async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`never came true: ${what}`);
    await sleep(5);
  }
}

export const counts = async (reading: Reading, slug: string): Promise<number[]> =>
  json(await reading.movie(slug, {})).theaters.flatMap((theater: { screenings: { availableCount: number }[] }) =>
    theater.screenings.map((screening) => screening.availableCount),
  );
