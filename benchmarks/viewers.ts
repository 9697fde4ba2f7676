import { cpus } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '#platform/embedded-postgres';
import type { Database } from '#platform/postgres';
import { type ApiProcess, startApiProcess } from '#testing/api-process';
import { openBenchDatabase } from './bench-database.ts';
import { durability, printSettings } from './durability.ts';
import { processorSeconds, residentBytes } from './processor-time.ts';
import { type Buying, createBuyers } from './viewers/buyers.ts';
import { type Crowd, delaysOf, gather, quantile } from './viewers/crowd.ts';
import { monotonicMs, refuseFewFiles, waitedSeconds } from './viewers/machine.ts';
import { screeningsOf, signedInBuyers, statesInDatabase } from './viewers/world.ts';
import type { WatchReport } from './viewers/watcher-process.ts';

export const summary = 'viewers of live seat maps while seats sell: change to screen, bytes a viewer, a restart';

const WARM_UP_SECONDS = 4;
const STORM_SECONDS_MAX = 60;
/** Orders and reads a second while everybody comes back. */
const STORM_RATES = { ordersPerSecond: 50, readsPerSecond: 200 };

type Options = {
  count: number;
  screenings: number;
  seatsPerSecond: number;
  seconds: number;
  apart: boolean;
  profile: boolean;
};

/**
 * --count 10000 --screenings 20 --seats-per-second 500 --seconds 20. With --apart the
 * buyers are at another API process than the viewers; --profile writes a .cpuprofile of the API.
 */
export async function run(args: string[]): Promise<void> {
  const options = readOptions(args);
  refuseFewFiles(options.count + 300);
  const { db, server, close } = await openBenchDatabase({
    settings: { shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
  });
  try {
    const settings = await durability(db);
    const { profile: _, ...shown } = options;
    printSettings({ ...shown, ...settings });
    console.log('change: from the buyer’s answer to the delta in the viewer’s socket, every viewer and sale counted;');
    console.log('strict: from the moment the buyer was due to ask. Everything shares the processors.\n');
    const result = await measure({ options, db, databaseUrl: server.url, postmaster: server.pid });
    console.log(JSON.stringify({ benchmark: 'viewers', ...result, processors: cpus().length, ...settings }));
  } finally {
    await close();
  }
}

function readOptions(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '10000' },
      screenings: { type: 'string', default: '20' },
      'seats-per-second': { type: 'string', default: '500' },
      seconds: { type: 'string', default: '20' },
      apart: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  return {
    count: Number(values.count),
    screenings: Number(values.screenings),
    seatsPerSecond: Number(values['seats-per-second']),
    seconds: Number(values.seconds),
    apart: values.apart,
    profile: values.profile,
  };
}

type Run = { options: Options; db: Database; databaseUrl: string; postmaster: number };

async function measure({ options, db, databaseUrl, postmaster }: Run) {
  const ordersPerSecond = options.seatsPerSecond / 2;
  const orders =
    ordersPerSecond * (options.seconds + WARM_UP_SECONDS) + STORM_RATES.ordersPerSecond * STORM_SECONDS_MAX;
  const screenings = await screeningsOf(db, options.screenings, Math.ceil((orders * 2) / options.screenings) + 2);
  const tokens = await signedInBuyers(db, Math.ceil(orders / 2) + 1);
  const port = await freePort();
  const flags = options.profile ? ['--cpu-prof', '--cpu-prof-dir=.'] : [];
  // The API as it is delivered, all limits as shipped, and nobody in front of it.
  const settings = { LOG_LEVEL: 'warn', TRUST_PROXY: 'false' };
  const start = () => startApiProcess(databaseUrl, { ...settings, API_PORT: String(port) }, { flags });
  let api = await start();
  const other = options.apart ? await startApiProcess(databaseUrl, settings) : null;
  const buyers = createBuyers({ port: other?.port ?? port, screenings, tokens });
  // Code is compiled, connections are open and maps are read before the first viewer comes, so that its bytes are its.
  await buyers.buy({ ordersPerSecond, readsPerSecond: 500, seconds: WARM_UP_SECONDS });
  const rssBefore = await residentBytes(api.pid);
  const began = monotonicMs();
  const crowd = await gather({ port, count: options.count, screenings, processes: 2 });
  try {
    console.log(`${options.count} viewers watch after ${seconds(monotonicMs() - began)} s`);
    await wait(1_000);
    const rssWatching = await residentBytes(api.pid);
    await crowd.forget();
    const cpuOf = () => cpuNow(api, postmaster, crowd);
    const cpuBefore = await cpuOf();
    const selling = await sell({ api, buyers, ordersPerSecond, seconds: options.seconds });
    const { report, ...cpuAfter } = await cpuOf();
    const cpu = {
      cpu_api: share(cpuAfter.api - cpuBefore.api, options.seconds),
      api_waited_for_cpu: share(cpuAfter.waited - cpuBefore.waited, options.seconds),
      cpu_postgres: share(cpuAfter.postgres - cpuBefore.postgres, options.seconds),
      cpu_generator: share(cpuAfter.generator - cpuBefore.generator, options.seconds),
    };
    const missed = await missedBy(report, db);
    const memory = {
      rss_before_mb: megabytes(rssBefore),
      rss_watching_mb: megabytes(rssWatching),
      rss_max_mb: megabytes(selling.rssMax),
      bytes_per_viewer: Math.round((selling.rssMax - rssBefore) / options.count),
    };
    const change = changeOf(selling.buying, report);
    printTable({ viewers: options.count, ...change, ...memory, missed, ...cpu });
    if (options.profile) await api.stop();
    else await api.kill();
    const { restarted, ...storm } = await weather({ start, crowd, buyers });
    api = restarted;
    const missedAfter = await missedBy(await crowd.report(), db);
    printTable({ ...storm, missed_after_storm: missedAfter });
    return { viewers: options.count, ...change, ...memory, missed, ...cpu, ...storm, missed_after_storm: missedAfter };
  } finally {
    crowd.close();
    buyers.close();
    await Promise.all([api.stop(), other?.stop()]);
  }
}

type Buyers = ReturnType<typeof createBuyers>;

async function sell(options: { api: ApiProcess; buyers: Buyers; ordersPerSecond: number; seconds: number }) {
  const { api, buyers, ordersPerSecond } = options;
  let rssMax = 0;
  const sampler = setInterval(() => {
    void residentBytes(api.pid).then((rss) => (rssMax = Math.max(rssMax, rss)));
  }, 250);
  const buying = await buyers.buy({ ordersPerSecond, readsPerSecond: 100, seconds: options.seconds });
  clearInterval(sampler);
  // The last changes reach the screens.
  await wait(1_000);
  return { buying, rssMax };
}

/** The API is killed with everybody watching, and started again. */
async function weather(options: { start: () => Promise<ApiProcess>; crowd: Crowd; buyers: Buyers }) {
  const killed = monotonicMs();
  const restarted = await options.start();
  const up = monotonicMs();
  let back = 0;
  const all = options.crowd.all().then(() => (back = monotonicMs()));
  const until = () => back > 0;
  const buying = await options.buyers.buy({ ...STORM_RATES, seconds: STORM_SECONDS_MAX, until });
  await Promise.race([all, wait(STORM_SECONDS_MAX * 1_000)]);
  await wait(1_000);
  const { refused } = await options.crowd.report();
  return {
    restarted,
    storm_back_s: back === 0 ? null : seconds(back - up),
    storm_back_since_kill_s: back === 0 ? null : seconds(back - killed),
    storm_refused: refused,
    storm_hold_p99_ms: quantile(
      buying.holdMs.sort((a, b) => a - b),
      0.99,
    ),
    storm_read_p99_ms: quantile(
      buying.readMs.sort((a, b) => a - b),
      0.99,
    ),
    storm_failures: buying.failures,
  };
}

function changeOf(buying: Buying, report: WatchReport) {
  const { answerMs, dueMs } = delaysOf(buying.sales, report.sightings);
  return {
    sales: buying.sales.length,
    sightings: answerMs.length,
    change_p50_ms: quantile(answerMs, 0.5),
    change_p99_ms: quantile(answerMs, 0.99),
    change_max_ms: quantile(answerMs, 1),
    strict_p50_ms: quantile(dueMs, 0.5),
    strict_p99_ms: quantile(dueMs, 0.99),
    hold_p99_ms: quantile(
      buying.holdMs.sort((a, b) => a - b),
      0.99,
    ),
    read_p99_ms: quantile(
      buying.readMs.sort((a, b) => a - b),
      0.99,
    ),
    gaps: report.gaps,
    contradictions: report.contradictions,
    failures: buying.failures,
  };
}

/** Viewers whose map is not what the rows say. */
async function missedBy(report: WatchReport, db: Database): Promise<number> {
  const truth = await statesInDatabase(db);
  const wrong = report.shown.filter(([screeningId, states]) => truth.get(screeningId) !== states);
  return wrong.reduce((sum, [, , viewers]) => sum + viewers, 0);
}

async function cpuNow(api: ApiProcess, postmaster: number, crowd: Crowd) {
  const report = await crowd.report();
  const own = process.cpuUsage();
  return {
    report,
    api: (await processorSeconds(api.pid)) ?? Number.NaN,
    waited: await waitedSeconds(api.pid),
    postgres: (await processorSeconds(postmaster)) ?? Number.NaN,
    generator: report.cpuSeconds + (own.user + own.system) / 1e6,
  };
}

function printTable(cells: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(cells)) console.log(`${name.padEnd(24)} ${JSON.stringify(value)}`);
}

const seconds = (ms: number) => Math.round(ms / 10) / 100;
/** Of one processor. */
const share = (cpu: number, wall: number) => Math.round((cpu / wall) * 100) / 100;
const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
