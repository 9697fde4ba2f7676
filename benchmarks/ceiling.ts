import { parseArgs } from 'node:util';
import { createSeatHolder } from '#capabilities/holds';
import { findCapacity } from './premiere/find-capacity.ts';
import type { Premiere } from './premiere/house.ts';
import { pairWish } from './premiere/pair-wish.ts';
import { HOUSE_OPTIONS, perform } from './premiere/perform.ts';

export const summary = 'holds through the public endpoint against the same SQL called straight from one process';

const OPTIONS = {
  seconds: { type: 'string', default: '5' },
  from: { type: 'string', default: '4000' },
  connections: { type: 'string', default: '512' },
  ...HOUSE_OPTIONS,
  /** A step through the endpoint counts while its p99 is below this. */
  'p99-max': { type: 'string', default: '100' },
} as const;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const number = (name: keyof typeof OPTIONS) => Number(values[name]);
  await perform('ceiling', values, async (premiere) => {
    // First, on tables as they were registered: what the other part leaves behind must not make the ceiling lower.
    console.log('\nstraight: lanes   orders/s   PostgreSQL µs an order');
    let sql = 0;
    for (const lanes of [1, 2])
      sql = Math.max(sql, await straight(premiere, lanes, number('seconds'), number('hold-seconds')));
    let run = 0;
    const api = await findCapacity(
      (rate, first) =>
        premiere.generate({
          traffic: { readsPerSecond: 0, holdsPerSecond: rate, halfPrice: 0.3, run: (run += 1) },
          connectionsPerPort: number('connections'),
          openingPerSecond: 0,
          arrivalsPerSecond: first ? 2_000 : 0,
          warmUpSeconds: first ? 3 : 0,
          seconds: number('seconds'),
        }),
      number('from'),
      number('p99-max'),
    );
    const share = (seconds: number) => Math.round((seconds / api.load.tookSeconds) * 100) / 100;
    return {
      api_seat_claims_per_s: api.goodput * 2,
      api_hold_p99_ms: api.p99,
      sql_seat_claims_per_s: sql * 2,
      ratio: Math.round((api.goodput / sql) * 100) / 100,
      // However long people would wait.
      api_seat_claims_at_most_per_s: api.most * 2,
      ratio_at_most: Math.round((api.most / sql) * 100) / 100,
      cpu_generator: share(api.load.cpuSeconds),
      cpu_api: share(api.load.apiSeconds),
      cpu_postgres: share(api.load.postgresSeconds),
    };
  });
}

/**
 * The same function by the same lanes in full flushes, without HTTP, sessions and limits: a thousand wishes are always
 * waiting, so that every flush is as large as it may be.
 */
async function straight(premiere: Premiere, lanes: number, seconds: number, holdSeconds: number): Promise<number> {
  const holder = createSeatHolder({
    connectionString: premiere.url,
    holdSeconds: Math.round(holdSeconds),
    lanes,
    waitMsMax: Infinity,
  });
  const places = [...premiere.world.hot, ...premiere.world.others].map((place) => ({ ...place, pair: 0 }));
  const before = (await premiere.processorSeconds())?.postgres ?? Number.NaN;
  const began = performance.now();
  const until = began + seconds * 1000;
  let next = 0;
  let held = 0;
  const worker = async () => {
    while (performance.now() < until) {
      const number = (next += 1);
      const place = places[number % places.length]!;
      place.pair = (place.pair % (place.seats / 2)) + 1;
      const answer = await holder.hold(pairWish(place.screeningId, place.pair, { group: lanes, number }));
      if ('hold' in answer && answer.hold.outcome === 'held') held += 1;
    }
  };
  await Promise.all(Array.from({ length: 1_000 }, worker));
  const took = (performance.now() - began) / 1000;
  await holder.close();
  const postgres = ((await premiere.processorSeconds())?.postgres ?? Number.NaN) - before;
  const perSecond = Math.round(held / took);
  console.log(
    `${String(lanes).padStart(15)} ${String(perSecond).padStart(10)} ${((postgres / held) * 1e6).toFixed(1).padStart(12)}`,
  );
  return perSecond;
}
