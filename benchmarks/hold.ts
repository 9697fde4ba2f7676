import { spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createSeatHolder } from '#capabilities/holds';
import { startEmbeddedPostgres } from '#platform/embedded-postgres';
import { newId } from '#platform/ids';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { aMovie, anAuditorium } from '#testing/builders';
import { aNumberedBuyer, NUMBERED_BUYERS } from '#testing/racing';
import { load, type LoadResult } from './hold-load.ts';

export const summary = 'seats held per second through the HTTP API, open model, on a fresh PostgreSQL';

const ROOT = new URL('..', import.meta.url).pathname;
const SEATS_PER_SCREENING = 300;
const SEATS_PER_ORDER = 2;
const P99_GOAL_MS = 100;

/** --seconds per rate (5), --rates in orders/s (1000,2000,4000,6000,8000), --screenings (1500), --connections (256). */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '5' },
      rates: { type: 'string', default: '1000,2000,4000,6000,8000' },
      screenings: { type: 'string', default: '1500' },
      connections: { type: 'string', default: '256' },
    },
  });
  const seconds = Number(values.seconds);
  const rates = values.rates.split(',').map(Number);
  const screeningCount = Number(values.screenings);
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-bench-'));
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'data'),
    port: 0,
    password: 'bench',
    database: 'bench',
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
  });
  const db = createDatabase({ connectionString: server.url, connectionsMax: 4 });
  try {
    await migrate(db, ROOT);
    const screenings = await registerScreenings(db, screeningCount);
    const settings = await readSettings(db);
    printSettings(settings, { seconds, screeningCount, connections: values.connections });
    const api = await startApi(server.url);
    const cpuBefore = process.cpuUsage();
    const results: LoadResult[] = [];
    let firstWish = 0;
    console.log('\norders/s offered  answered  seats/s held   p50 ms   p99 ms  refused  overloaded  errors');
    for (const ratePerSecond of [Math.min(500, rates[0]!), ...rates]) {
      const warmUp = firstWish === 0;
      const connections = Number(values.connections);
      const wish = (n: number) => wishOf(n, screenings);
      const result = await load({ port: api.port, ratePerSecond, seconds, connections, wish, firstWish });
      firstWish += Math.round(ratePerSecond * seconds);
      if (warmUp) continue;
      results.push(result);
      printRow(result, seconds);
      if (result.answeredPerSecond < ratePerSecond * 0.7) break;
    }
    const cpu = process.cpuUsage(cpuBefore);
    await api.stop();
    const ceiling = await throughHolder(server.url, screenings, firstWish, seconds);
    console.log(`\nthe same function straight from one process, without HTTP: ${ceiling} seats/s`);
    const best = results.findLast((result) => result.p99Ms < P99_GOAL_MS && result.errors === 0) ?? results[0]!;
    console.log(
      JSON.stringify({
        benchmark: 'hold',
        seat_claims_per_s: seatsPerSecond(best, seconds),
        orders_per_s: best.answeredPerSecond,
        p50_ms: best.p50Ms,
        p99_ms: best.p99Ms,
        errors: results.reduce((sum, result) => sum + result.errors, 0),
        seat_claims_per_s_without_http: ceiling,
        cpu_generator_s: Math.round((cpu.user + cpu.system) / 1e5) / 10,
        processors: cpus().length,
        ...settings,
      }),
    );
  } finally {
    await db.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Every wish wants two free seats of its own; each buyer comes once per screening until the buyers run out. */
function wishOf(n: number, screenings: readonly number[]) {
  const { screeningId, pair, buyer } = placeOf(n, screenings);
  return {
    path: `/api/screenings/${screeningId}/holds`,
    session: `b${buyer}`,
    body: `{"seats":[{"seatNo":${pair * 2 + 1},"kind":"full"},{"seatNo":${pair * 2 + 2},"kind":"full"}]}`,
  };
}

function placeOf(n: number, screenings: readonly number[]) {
  const pair = Math.floor(n / screenings.length) % (SEATS_PER_SCREENING / SEATS_PER_ORDER);
  return { screeningId: screenings[n % screenings.length]!, pair, buyer: pair % NUMBERED_BUYERS };
}

async function registerScreenings(db: Database, count: number): Promise<number[]> {
  const hall = await anAuditorium(db, { rows: 15, perRow: 20 });
  const movieId = await aMovie(db);
  const rows = await db.rows<{ id: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at,
       cinema_day, price_cents, half_price_quota, sales_close_at)
     select $1, $2, $3, $4, now() + n * interval '3 hours', now() + n * interval '3 hours' + interval '2 hours',
       current_date, 3200, 120, 'infinity' from generate_series(1, $5) as n
     returning screening_id as id`,
    [hall.auditoriumId, hall.theaterId, movieId, hall.seatPlanId, count],
  );
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents)
     select screening_id, no, 3200 from screenings.screenings cross join generate_series(1, $1) as no`,
    [SEATS_PER_SCREENING],
  );
  await db.rows('vacuum analyze holds.tickets');
  return rows.map((row) => row.id);
}

async function startApi(connectionString: string): Promise<{ port: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(ROOT, 'testing/seat-process.ts'), connectionString], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface(child.stdout)) {
    const { port } = JSON.parse(line) as { port: number };
    return {
      port,
      stop: async () => {
        child.stdin.end();
        await exited;
      },
    };
  }
  throw new Error('the API process ended before it listened');
}

/** A closed model with a thousand wishes under way: what the lanes and the database give at most. */
async function throughHolder(url: string, screenings: readonly number[], firstWish: number, seconds: number) {
  const holder = createSeatHolder({ connectionString: url, holdSeconds: 480, lanes: 2 });
  const until = performance.now() + seconds * 1000;
  let next = firstWish;
  let held = 0;
  const buyers = Array.from({ length: NUMBERED_BUYERS }, (_, number) => aNumberedBuyer(number));
  const fingerprint = createHash('sha256').digest();
  const worker = async () => {
    while (performance.now() < until) {
      const { screeningId, pair, buyer } = placeOf((next += 1), screenings);
      const { accountId, buyerKey } = buyers[buyer]!;
      const seats = [pair * 2 + 1, pair * 2 + 2].map((seatNo) => ({ seatNo, kind: 'full' as const }));
      const wish = { screeningId, seats, buyerId: accountId, buyerKey, key: randomUUID(), fingerprint };
      const answer = await holder.hold({ ...wish, correlationId: newId() });
      if ('hold' in answer && answer.hold.outcome === 'held') held += seats.length;
    }
  };
  await Promise.all(Array.from({ length: 1_000 }, worker));
  await holder.close();
  return Math.round(held / seconds);
}

async function readSettings(db: Database): Promise<Record<string, string>> {
  const rows = await db.rows<{ name: string; setting: string }>(
    `select name, setting from pg_settings
      where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version') order by name`,
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.setting]));
}

function printSettings(settings: Record<string, string>, load: Record<string, unknown>): void {
  for (const [name, value] of Object.entries({ ...settings, ...load }))
    console.log(`${name.padEnd(20)} ${String(value)}`);
  console.log(`${'seats per order'.padEnd(20)} ${SEATS_PER_ORDER}`);
  console.log('latency from the intended start; generator, API and database share the processors');
}

const seatsPerSecond = (result: LoadResult, seconds: number) =>
  Math.round((result.held * SEATS_PER_ORDER) / Math.max(seconds, (result.held || 1) / (result.answeredPerSecond || 1)));

function printRow(result: LoadResult, seconds: number): void {
  const cells = [
    [result.offeredPerSecond, 16],
    [result.answeredPerSecond, 9],
    [seatsPerSecond(result, seconds), 13],
    [result.p50Ms, 8],
    [result.p99Ms, 8],
    [result.refused, 8],
    [result.overloaded, 11],
    [result.errors, 7],
  ] as const;
  console.log(cells.map(([value, width]) => String(value).padStart(width)).join(' '));
}
