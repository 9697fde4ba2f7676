import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { SEAT_STATES } from '#contracts/seat-states';
import type { Sale } from './buyers.ts';
import type { Sighting, WatchOrder, WatchReport } from './watcher-process.ts';

export type Crowd = {
  /** Viewers that have a map before them. */
  watching(): Promise<number>;
  /** Resolves when all are watching again. */
  all(): Promise<void>;
  report(): Promise<WatchReport>;
  forget(): Promise<void>;
  close(): void;
};

// More streams of one address than this would be refused: perAddressMax is 1,000.
export const VIEWERS_PER_ADDRESS = 800;

/** So many viewers in a few processes; resolves when every one has its snapshot. */
export async function gather(options: {
  port: number;
  count: number;
  screenings: number[];
  processes: number;
}): Promise<Crowd> {
  const { port, count, screenings, processes } = options;
  const children = Array.from({ length: processes }, () =>
    fork(new URL('watcher-process.ts', import.meta.url), { serialization: 'advanced' }),
  );
  const each = <T>(message: unknown) => Promise.all(children.map((child) => ask<T>(child, message)));
  const watching = async () =>
    (await each<{ watching: number }>({ ask: 'watching' })).reduce((n, a) => n + a.watching, 0);
  await Promise.all(
    children.map((child, n) => {
      const begin: WatchOrder = {
        port,
        screenings,
        count: Math.floor(count / processes) + (n < count % processes ? 1 : 0),
        net: 20 + n,
        perAddress: VIEWERS_PER_ADDRESS,
      };
      return ask(child, { begin });
    }),
  );
  return {
    watching,
    all: async () => {
      while ((await watching()) < count) await wait(50);
    },
    report: async () => merge(await each<WatchReport>({ ask: 'report' })),
    forget: async () => void (await each({ ask: 'forget' })),
    close: () => {
      for (const child of children) child.disconnect();
    },
  };
}

function ask<T>(child: ChildProcess, message: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = () => reject(new Error('a process of viewers ended'));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as T);
    });
    child.send(message as object);
  });
}

const merge = (reports: WatchReport[]): WatchReport => ({
  sightings: reports.flatMap((report) => report.sightings),
  shown: reports.flatMap((report) => report.shown),
  gaps: reports.reduce((sum, report) => sum + report.gaps, 0),
  contradictions: reports.reduce((sum, report) => sum + report.contradictions, 0),
  refused: reports.reduce((sum, report) => sum + report.refused, 0),
  cpuSeconds: reports.reduce((sum, report) => sum + report.cpuSeconds, 0),
});

const AVAILABLE = SEAT_STATES.indexOf('available');

export type Delays = { answerMs: Float64Array; dueMs: Float64Array };

/** Of every sale and every viewer of it: from the buyer's answer, and from the due time, to the delta. Sorted. */
export function delaysOf(sales: readonly Sale[], sightings: readonly Sighting[]): Delays {
  const sold = new Map(sales.map((sale) => [`${sale.screeningId} ${sale.seatNo}`, sale]));
  const hits = sightings.flatMap((sighting) =>
    sighting.seats.flatMap((no, index) => {
      // Seat, state, seat, state: a seat that is free again is another change.
      const taken = index % 2 === 0 && sighting.seats[index + 1] !== AVAILABLE;
      const sale = taken ? sold.get(`${sighting.screeningId} ${no}`) : undefined;
      return sale ? [{ sale, at: sighting.at }] : [];
    }),
  );
  const total = hits.reduce((sum, hit) => sum + hit.at.length, 0);
  const [answerMs, dueMs] = [new Float64Array(total), new Float64Array(total)];
  let n = 0;
  for (const { sale, at } of hits) {
    for (const moment of at) {
      // The notice may be faster than the answer: seen before the buyer knew.
      answerMs[n] = Math.max(0, moment - sale.answeredMs);
      dueMs[n] = moment - sale.dueMs;
      n += 1;
    }
  }
  return { answerMs: answerMs.sort(), dueMs: dueMs.sort() };
}

export function quantile(sorted: ArrayLike<number>, share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}
