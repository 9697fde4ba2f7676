import { parseArgs } from 'node:util';
import { findCapacity } from './premiere/find-capacity.ts';
import { HOUSE_OPTIONS, perform } from './premiere/perform.ts';
import { straightOrders } from './premiere/straight.ts';

export const summary = 'holds through the public endpoint against the same SQL called straight from one process';

const OPTIONS = {
  seconds: { type: 'string', default: '5' },
  from: { type: 'string', default: '4000' },
  /** Answered and not counted, before every step; before the first, when the processes are cold, four times as long. */
  'warm-up': { type: 'string', default: '4' },
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
    const sql = await straightOrders(premiere, { seconds: number('seconds'), holdSeconds: number('hold-seconds') });
    const api = await findCapacity(
      (rate, first) =>
        premiere.generate({
          traffic: { readsPerSecond: 0, holdsPerSecond: rate, halfPrice: 0.3 },
          connectionsPerPort: number('connections'),
          openingPerSecond: 0,
          arrivalsPerSecond: first ? 2_000 : 0,
          warmUpSeconds: number('warm-up') * (first ? 4 : 1),
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
