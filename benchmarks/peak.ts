import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { durability } from './durability.ts';
import { openPremiere, type PremiereLoad } from './premiere/house.ts';
import { printStreams } from './premiere/print-streams.ts';

export const summary = 'reads and holds at once through the public HTTP API, open model, all of it on this machine';

const OPTIONS = {
  seconds: { type: 'string', default: '20' },
  /** Requests a second. */
  reads: { type: 'string', default: '50000' },
  /** Orders a second, of two seats each. */
  holds: { type: 'string', default: '20000' },
  /** API processes; requests of one screening go to one of them. */
  apis: { type: 'string', default: '1' },
  /** Keep-alive connections to each. */
  connections: { type: 'string', default: '256' },
  screenings: { type: 'string', default: '2000' },
  buyers: { type: 'string', default: '60000' },
  /** A hold ends so soon that its seats can be held again within the run. */
  'hold-seconds': { type: 'string', default: '1.5' },
  /** Share of the orders with one half-price ticket. */
  'half-price': { type: 'string', default: '0.3' },
  'warm-up': { type: 'string', default: '5' },
  /** A folder for a CPU profile of each API process. */
  profile: { type: 'string' },
} as const;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const number = (name: keyof typeof OPTIONS) => Number(values[name]);
  const premiere = await openPremiere({
    screenings: number('screenings'),
    buyers: number('buyers'),
    apis: number('apis'),
    holdSeconds: number('hold-seconds'),
    profile: values.profile,
  });
  try {
    const settings = { ...(await durability(premiere.db)), processors: cpus().length };
    for (const [name, value] of Object.entries({ ...settings, ...values }))
      console.log(`${name.padEnd(20)} ${String(value)}`);
    const load = await premiere.generate({
      traffic: {
        readsPerSecond: number('reads'),
        holdsPerSecond: number('holds'),
        halfPrice: number('half-price'),
        run: 1,
      },
      connectionsPerPort: number('connections'),
      openingPerSecond: 1_500,
      arrivalsPerSecond: 4_000,
      warmUpSeconds: number('warm-up'),
      seconds: number('seconds'),
    });
    printStreams(load);
    console.log(JSON.stringify({ benchmark: 'peak', ...figuresOf(load), ...settings }));
  } finally {
    await premiere.close();
  }
}

function figuresOf(load: PremiereLoad) {
  const stream = (name: string) => load.streams.find((one) => one.name === name);
  const [reads, holds] = [stream('reads'), stream('holds')];
  // Answers that come after the end of the schedule are answers, but not of these seconds.
  const perSecond = (count: number, of = holds) => Math.round(count / (load.seconds + (of?.lateSeconds ?? 0)));
  const count = (of: typeof reads, ...statuses: number[]) =>
    statuses.reduce((sum, status) => sum + (of?.statuses[status] ?? 0), 0);
  const answered = load.streams.flatMap((one) => Object.values(one.statuses)).reduce((sum, n) => sum + n, 0);
  const unanswered = load.streams.reduce((sum, one) => sum + one.unanswered, 0);
  const expected = count(reads, 200, 304) + count(holds, 201, 409);
  const share = (seconds: number) => Math.round((seconds / load.tookSeconds) * 100) / 100;
  return {
    reads_per_s: perSecond(count(reads, 200, 304), reads),
    read_p50_ms: reads?.p50,
    read_p99_ms: reads?.p99,
    seat_claims_per_s: perSecond(count(holds, 201) * 2),
    orders_per_s: perSecond(count(holds, 201)),
    hold_p50_ms: holds?.p50,
    hold_p99_ms: holds?.p99,
    gone_per_s: perSecond(count(holds, 409)),
    errors: answered - expected + unanswered,
    cpu_generator: share(load.cpuSeconds),
    cpu_api: share(load.apiSeconds),
    cpu_postgres: share(load.postgresSeconds),
  };
}
