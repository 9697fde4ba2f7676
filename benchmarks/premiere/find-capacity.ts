import type { PremiereLoad } from './house.ts';

const STEP = 1.25;
const RATE_MAX = 60_000;

/** Orders a second that get through, and the rate that was offered for it. */
export type Capacity = { goodput: number; rate: number; p99: number; load: PremiereLoad };

/**
 * Offers more and more until more is not answered any more; the best step is the capacity. `offer` runs one step.
 * With `p99Max` (milliseconds) a step counts only while holds are answered that fast.
 */
export async function findCapacity(
  offer: (rate: number, first: boolean) => Promise<PremiereLoad>,
  from: number,
  p99Max = Infinity,
): Promise<Capacity> {
  let best: Capacity | null = null;
  console.log('\norders/s offered  through   p50 ms   p99 ms   refused');
  for (let rate = from; rate <= RATE_MAX; rate = Math.round(rate * STEP)) {
    const load = await offer(rate, rate === from);
    const holds = load.streams.find((stream) => stream.name === 'holds')!;
    const goodput = Math.round((holds.statuses['201'] ?? 0) / (load.seconds + holds.lateSeconds));
    const refused = (holds.statuses['503'] ?? 0) + (holds.statuses['429'] ?? 0);
    const cells = [rate, goodput, holds.p50, holds.p99, refused];
    console.log(cells.map((cell, index) => String(cell).padStart([16, 8, 8, 8, 9][index]!)).join(' '));
    const counts = holds.accepted.p99 <= p99Max && holds.unanswered === 0;
    if (counts && (!best || goodput > best.goodput)) best = { goodput, rate, p99: holds.accepted.p99, load };
    if (best && goodput < best.goodput * 1.02 && rate > best.rate) break;
  }
  if (!best) throw new Error('not even the first step was answered in time');
  return best;
}
