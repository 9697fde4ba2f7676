import { parseArgs } from 'node:util';
import { gatherBystanders, type Heard } from './overload/bystanders.ts';
import { findCapacity, goodputOf } from './premiere/find-capacity.ts';
import type { PremiereLoad } from './premiere/house.ts';
import { HOUSE_OPTIONS, perform } from './premiere/perform.ts';
import { printStreams } from './premiere/print-streams.ts';
import { straightOrders } from './premiere/straight.ts';

export const summary = 'holds at twice what the machine can do: what still gets through, how fast the rest is refused';

const OPTIONS = {
  seconds: { type: 'string', default: '20' },
  /** Orders a second from which the search for the peak begins. */
  from: { type: 'string', default: '4000' },
  /** Answered and not counted, before every step; before the first, when the processes are cold, four times as long. */
  'warm-up': { type: 'string', default: '4' },
  /** Many more than the server can be busy with: what is too much must reach it, not wait at home. */
  connections: { type: 'string', default: '3000' },
  ...HOUSE_OPTIONS,
  /** Enough that nobody comes back to a screening (traffic.ts). */
  buyers: { type: 'string', default: '100000' },
  /** Seat maps read meanwhile, a second. */
  reads: { type: 'string', default: '500' },
} as const;

const CEILING_SECONDS = 3;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const number = (name: keyof typeof OPTIONS) => Number(values[name]);
  await perform('overload', values, async (premiere) => {
    const ceiling = await straightOrders(premiere, { seconds: CEILING_SECONDS, holdSeconds: number('hold-seconds') });
    const offer = (holdsPerSecond: number, seconds: number, arrive = false) =>
      premiere.generate({
        traffic: { readsPerSecond: number('reads'), holdsPerSecond, halfPrice: 0.3 },
        connectionsPerPort: number('connections'),
        openingPerSecond: arrive ? 1_500 : 0,
        arrivalsPerSecond: arrive ? 4_000 : 0,
        warmUpSeconds: number('warm-up') * (arrive ? 4 : 1),
        seconds,
      });
    const bystanders = await gatherBystanders(premiere.db, premiere.besidePort);
    try {
      const found = await findCapacity((rate, first) => offer(rate, 4, first), number('from'));
      const seconds = number('seconds');
      console.log(`\nthe best of them again, for ${seconds} s:`);
      const peak = await offer(found.rate, seconds);
      printStreams(peak);
      const offered = goodputOf(peak) * 2;
      const [twice, heard] = await Promise.all([
        offer(offered, seconds),
        bystanders.watch(seconds + number('warm-up')),
      ]);
      console.log('\nat twice the peak:');
      printStreams(twice);
      console.log(`\nwho was not part of it: ${JSON.stringify(heard)}`);
      const after = await offer(Math.round(offered / 4), 3);
      console.log('\nright after it, at half the peak:');
      printStreams(after);
      return { ...figuresOf(peak, twice, { after, heard }), sql_orders_per_s: ceiling };
    } finally {
      bystanders.close();
    }
  });
}

function figuresOf(peak: PremiereLoad, twice: PremiereLoad, { after, heard }: { after: PremiereLoad; heard: Heard }) {
  const holds = twice.streams.find((stream) => stream.name === 'holds')!;
  const reads = twice.streams.find((stream) => stream.name === 'reads');
  const recovered = after.streams.find((stream) => stream.name === 'holds')!;
  const expected = new Set(['201', '409', '429', '503']);
  const errors = Object.entries(holds.statuses).reduce((sum, [status, n]) => sum + (expected.has(status) ? 0 : n), 0);
  const share = (load: PremiereLoad, seconds: number) => Math.round((seconds / load.tookSeconds) * 100) / 100;
  return {
    peak_goodput: goodputOf(peak),
    goodput_at_2x: goodputOf(twice),
    ratio: Math.round((goodputOf(twice) / goodputOf(peak)) * 100) / 100,
    rejected: (holds.statuses['503'] ?? 0) + (holds.statuses['429'] ?? 0),
    p99_of_accepted_ms: holds.accepted.p99,
    p99_of_rejected_ms: holds.refused.p99,
    read_p99_ms: reads?.p99,
    errors: errors + holds.unanswered,
    ...heard,
    p99_after_ms: recovered.p99,
    rejected_after: (recovered.statuses['503'] ?? 0) + (recovered.statuses['429'] ?? 0),
    api_memory_mb: Math.round(twice.apiMemoryMb),
    cpu_generator: [share(peak, peak.cpuSeconds), share(twice, twice.cpuSeconds)],
    cpu_api: [share(peak, peak.apiSeconds), share(twice, twice.apiSeconds)],
    cpu_postgres: [share(peak, peak.postgresSeconds), share(twice, twice.postgresSeconds)],
  };
}
