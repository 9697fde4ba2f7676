import { parseArgs } from 'node:util';
import type { PremiereLoad } from './premiere/house.ts';
import { HOUSE_OPTIONS, perform } from './premiere/perform.ts';
import { printStreams } from './premiere/print-streams.ts';
import { straightOrders } from './premiere/straight.ts';

export const summary = 'reads and holds at once through the public HTTP API, open model, all of it on this machine';

const OPTIONS = {
  seconds: { type: 'string', default: '20' },
  /** Requests a second, and orders of two seats a second. Without them: the goal, or the largest share of it that holds. */
  reads: { type: 'string' },
  holds: { type: 'string' },
  /** The share of the goal from which the search for it begins. */
  from: { type: 'string', default: '0.1' },
  /** Keep-alive connections to each. */
  connections: { type: 'string', default: '1000' },
  ...HOUSE_OPTIONS,
  screenings: { type: 'string', default: '2000' },
  buyers: { type: 'string', default: '40000' },
  /** Share of the orders with one half-price ticket. */
  'half-price': { type: 'string', default: '0.3' },
  /** Answered and not counted; before the steps of the search, in processes that are warm, a third of it. */
  'warm-up': { type: 'string', default: '12' },
} as const;

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: OPTIONS });
  const number = (name: keyof typeof OPTIONS) => Number(values[name]);
  await perform('peak', values, async (premiere) => {
    // Before everything else, on tables as they were registered.
    const ceiling = await straightOrders(premiere, { seconds: CEILING_SECONDS, holdSeconds: number('hold-seconds') });
    let opened = false;
    const offer = (reads: number, holds: number, seconds: number, isStep = false) => {
      const first = !opened;
      opened = true;
      return premiere.generate({
        traffic: { readsPerSecond: reads, holdsPerSecond: holds, halfPrice: number('half-price') },
        connectionsPerPort: number('connections'),
        openingPerSecond: first ? 1_500 : 0,
        arrivalsPerSecond: first ? 2_000 : 0,
        warmUpSeconds: isStep && !first ? number('warm-up') / 3 : number('warm-up'),
        seconds,
      });
    };
    const stepsBackMax = values.reads === undefined && values.holds === undefined ? STEPS_BACK_MAX : 0;
    let rates =
      stepsBackMax === 0
        ? { reads: Number(values.reads ?? 0), holds: Number(values.holds ?? 0) }
        : await findPeak((reads, holds) => offer(reads, holds, SEARCH_SECONDS, true), number('from'));
    let load = await offer(rates.reads, rates.holds, number('seconds'));
    printStreams(load);
    // What held for a few seconds need not hold for longer.
    for (let steps = 0; steps < stepsBackMax && !isInTime(load); steps += 1) {
      rates = { reads: Math.round(rates.reads / STEP), holds: Math.round(rates.holds / STEP) };
      load = await offer(rates.reads, rates.holds, number('seconds'));
      printStreams(load);
    }
    const offered = { offered_reads_per_s: rates.reads, offered_orders_per_s: rates.holds };
    return { ...offered, ...figuresOf(load), sql_seat_claims_per_s: ceiling * 2 };
  });
}

/** Of R13: 40,000 seats are 20,000 orders of two. */
const GOAL = { reads: 50_000, holds: 20_000 };
const P99_MAX_MS = 100;
const SEARCH_SECONDS = 6;
const CEILING_SECONDS = 3;
const STEP = 1.2;
const STEPS_BACK_MAX = 3;

type Rates = { reads: number; holds: number };
type Offer = (reads: number, holds: number) => Promise<PremiereLoad>;

/** The same mix at larger and larger shares of the goal; the last that is answered in time, without an error. */
async function findPeak(offer: Offer, from: number): Promise<Rates> {
  let best: Rates | null = null;
  console.log('\nshare  reads/s  orders/s  read p99 ms  hold p99 ms  errors');
  for (let share = from; share <= 1; share = Math.min(share * STEP, share < 1 ? 1 : 2)) {
    const rates = { reads: Math.round(GOAL.reads * share), holds: Math.round(GOAL.holds * share) };
    // A few seconds may be spoiled by one full collection; twice in a row is the end.
    if (!(await holds(rates, share, offer)) && !(await holds(rates, share, offer))) break;
    best = rates;
  }
  return best ?? { reads: Math.round(GOAL.reads * from), holds: Math.round(GOAL.holds * from) };
}

async function holds(rates: Rates, share: number, offer: Offer): Promise<boolean> {
  const load = await offer(rates.reads, rates.holds);
  const figures = figuresOf(load);
  const cells = [rates.reads, rates.holds, figures.read_p99_ms, figures.hold_p99_ms, figures.errors];
  console.log(
    share.toFixed(2).padStart(5),
    cells.map((cell, n) => String(cell).padStart([7, 8, 11, 11, 6][n]! + 1)).join(''),
  );
  return isInTime(load);
}

function isInTime(load: PremiereLoad): boolean {
  const { read_p99_ms: read = 0, hold_p99_ms: hold = 0, errors } = figuresOf(load);
  return read < P99_MAX_MS && hold < P99_MAX_MS && errors === 0;
}

function figuresOf(load: PremiereLoad) {
  const stream = (name: string) => load.streams.find((one) => one.name === name);
  const [reads, holds] = [stream('reads'), stream('holds')];
  const perSecond = (of: typeof reads, ...these: number[]) =>
    Math.round(these.reduce((sum, status) => sum + (of?.through[status] ?? 0), 0) / load.seconds);
  const count = (of: typeof reads, ...statuses: number[]) =>
    statuses.reduce((sum, status) => sum + (of?.statuses[status] ?? 0), 0);
  const answered = load.streams.flatMap((one) => Object.values(one.statuses)).reduce((sum, n) => sum + n, 0);
  const unanswered = load.streams.reduce((sum, one) => sum + one.unanswered, 0);
  const expected = count(reads, 200, 304) + count(holds, 201, 409);
  const share = (seconds: number) => Math.round((seconds / load.tookSeconds) * 100) / 100;
  return {
    reads_per_s: perSecond(reads, 200, 304),
    read_p50_ms: reads?.p50,
    read_p99_ms: reads?.p99,
    seat_claims_per_s: perSecond(holds, 201) * 2,
    orders_per_s: perSecond(holds, 201),
    hold_p50_ms: holds?.p50,
    hold_p99_ms: holds?.p99,
    gone_per_s: perSecond(holds, 409),
    errors: answered - expected + unanswered,
    cpu_generator: share(load.cpuSeconds),
    cpu_api: share(load.apiSeconds),
    cpu_postgres: share(load.postgresSeconds),
    cpu_proxy: share(load.proxySeconds),
  };
}
