import type { PremiereLoad } from './house.ts';

const STEP = 1.25;
/** What more there must be to speak of more. */
const BETTER = 1.02;
const RATE_MAX = 60_000;
/** One step may be spoiled by a neighbour on the machine; three in a row are the end. */
const FAILURES_MAX = 3;

/** Orders a second that get through, and the rate that was offered for it. */
export type Capacity = {
  goodput: number;
  rate: number;
  p99: number;
  load: PremiereLoad;
  /** The largest of any step, whatever its p99. */
  most: number;
};

/**
 * Offers more and more until three steps in a row bring nothing more; the best step is the capacity. `offer`
 * runs one step. With `p99Max` (milliseconds) a step counts only while holds are answered that fast.
 */
export async function findCapacity(
  offer: (rate: number, first: boolean) => Promise<PremiereLoad>,
  from: number,
  p99Max = Infinity,
): Promise<Capacity> {
  let best: Capacity | null = null;
  let failures = 0;
  let most = 0;
  console.log('\norders/s offered  through   p50 ms   p99 ms   refused');
  for (let rate = from; rate <= RATE_MAX; rate = Math.round(rate * STEP)) {
    const load = await offer(rate, rate === from);
    const holds = load.streams.find((stream) => stream.name === 'holds')!;
    const goodput = goodputOf(load);
    const refused = (holds.statuses['503'] ?? 0) + (holds.statuses['429'] ?? 0);
    const cells = [rate, goodput, holds.p50, holds.p99, refused];
    console.log(cells.map((cell, index) => String(cell).padStart([16, 8, 8, 8, 9][index]!)).join(' '));
    most = Math.max(most, goodput);
    const counts = holds.accepted.p99 <= p99Max && holds.unanswered === 0;
    if (counts && (!best || goodput > best.goodput * BETTER)) {
      best = { goodput, rate, p99: holds.accepted.p99, load, most };
      failures = 0;
    } else if ((failures += 1) === FAILURES_MAX) break;
  }
  if (!best) throw new Error('no step was answered in time: begin with a smaller --from');
  return { ...best, most };
}

/** Orders a second that got through. */
export function goodputOf(load: PremiereLoad): number {
  const holds = load.streams.find((stream) => stream.name === 'holds')!;
  return Math.round((holds.through['201'] ?? 0) / load.seconds);
}
