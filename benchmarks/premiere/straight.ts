import { createSeatHolder } from '#capabilities/holds';
import type { Premiere } from './house.ts';
import { pairWish } from './pair-wish.ts';

/** The ceiling of this machine: orders a second of the hot SQL called from one process, with one lane or two, the better. */
export async function straightOrders(
  premiere: Premiere,
  options: { seconds: number; holdSeconds: number },
): Promise<number> {
  console.log('\nstraight: lanes   orders/s   PostgreSQL µs an order');
  let best = 0;
  for (const lanes of [1, 2]) best = Math.max(best, await straight(premiere, lanes, options));
  return best;
}

/**
 * The same function by the same lanes in full flushes, without HTTP, sessions and limits: a thousand wishes are always
 * waiting, so that every flush is as large as it may be.
 */
async function straight(
  premiere: Premiere,
  lanes: number,
  { seconds, holdSeconds }: { seconds: number; holdSeconds: number },
): Promise<number> {
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
