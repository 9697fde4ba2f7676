import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '#platform/embedded-postgres';
import type { Database } from '#platform/postgres';
import { durability, printSettings } from './durability.ts';
import { processorSeconds } from './processor-time.ts';
import { buildWorld, leaveWorld, reset, SEATS_PER_SCREENING, type World, type WorldPlan } from './growth-world.ts';
import { keepHolding } from './growth-load.ts';

export const summary = 'cost per order against the number of screenings, and what archived ones cost';

const SEATS_PER_ORDER = 2;
const ORDERS_PER_SCREENING = SEATS_PER_SCREENING / SEATS_PER_ORDER;

/** What one order cost in one pass: microseconds of processor, bytes of WAL. */
type Cost = {
  apiUs: number;
  postgresUs: number;
  /** Of PostgreSQL, writing the checkpoint that follows; only after a cold pass. */
  checkpointUs: number;
  walBytes: number;
  ordersPerFlush: number;
};
type Temperature = 'warm' | 'cold';
type Row = { world: World; warm: Cost[]; cold: Cost[] };

/**
 * --sizes 100,1000,10000 screenings of 200 seats; --orders measured by size (40000), in passes of as many as the
 * smallest size has room for; --connections (256) orders under way at any time; --shared-buffers (1GB). One database by
 * size on one server, taken in turn. A cold pass begins after a checkpoint, so that each page is written whole when it
 * is first touched; a warm one finds its pages written since the checkpoint, as a running sale finds most of them.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '100,1000,10000' },
      orders: { type: 'string', default: '40000' },
      connections: { type: 'string', default: '256' },
      'shared-buffers': { type: 'string', default: '1GB' },
    },
  });
  if ((await processorSeconds(process.pid)) === null) {
    console.log('this system has no /proc, so nobody can tell what an order costs: run it on Linux');
    console.log(JSON.stringify({ benchmark: 'growth', skipped: 'no /proc' }));
    return;
  }
  const sizes = values.sizes.split(',').map(Number);
  const perPass = Math.min(...sizes) * ORDERS_PER_SCREENING;
  const rounds = Math.ceil(Number(values.orders) / perPass);
  const settings = { connections: Number(values.connections), perPass };
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-bench-'));
  const server = await startServer(join(folder, 'data'), values['shared-buffers']);
  const rows: Row[] = [];
  try {
    for (const plan of plansOf(sizes)) {
      const world = await buildWorld(server.url, plan, perPass);
      rows.push({ world, warm: [], cold: [] });
      console.log(`built ${plan.name}: ${plan.onSale} on sale, ${plan.old} old${plan.archive ? ', archived' : ''}`);
    }
    const measure = ({ world }: Row, temperature: Temperature) => pass(world, temperature, server.pid, settings);
    await explain(rows[0]!.world.db, { ...settings, rounds, shared_buffers: values['shared-buffers'] });
    // Programs and caches warm up; not counted. After 20,000 orders the API's code is compiled as it stays.
    for (const row of [...rows, ...rows]) await measure(row, 'warm');
    for (let round = 0; round < rounds; round += 1) {
      // Every other round backwards: nobody always comes after the same neighbour.
      for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
        row.cold.push(await measure(row, 'cold'));
        row.warm.push(await measure(row, 'warm'));
      }
      console.log(`round ${round + 1} of ${rounds} measured`);
    }
    printTable(rows);
    for (const { world } of rows) if (world.archived) printArchive(world);
    console.log(JSON.stringify(resultOf(rows, sizes)));
  } finally {
    for (const { world } of rows) await leaveWorld(world);
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** One row for each size, and two with the smallest on sale beside an old programme that makes up the largest. */
function plansOf(sizes: readonly number[]): WorldPlan[] {
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  const bySize = sizes.map((onSale) => ({ name: `sale_${onSale}`, onSale, old: 0, archive: false }));
  if (smallest === largest) return bySize;
  const old = largest - smallest;
  return [
    ...bySize,
    { name: `sale_${smallest}_old_${old}_kept`, onSale: smallest, old, archive: false },
    { name: `sale_${smallest}_old_${old}_archived`, onSale: smallest, old, archive: true },
  ];
}

function startServer(folder: string, sharedBuffers: string) {
  return startEmbeddedPostgres({
    folder,
    port: 0,
    password: 'bench',
    database: 'bench',
    // Checkpoints and vacuum come when we ask: one that came by chance would be paid by whoever is measured.
    settings: { shared_buffers: sharedBuffers, max_wal_size: '16GB', checkpoint_timeout: '1h', autovacuum: 'off' },
  });
}

type PassSettings = { connections: number; perPass: number };

async function pass(world: World, temperature: Temperature, postmaster: number, settings: PassSettings): Promise<Cost> {
  await reset(world);
  if (temperature === 'cold') await world.db.rows('checkpoint');
  const before = await counters(world, postmaster);
  const held = await keepHolding({
    port: world.api.port,
    connections: settings.connections,
    count: settings.perPass,
    wish: (n) => wishOf(n, world.screenings),
  });
  if (held !== settings.perPass) throw new Error(`${held} of ${settings.perPass} orders were held in ${world.name}`);
  await wait(300); // What is told after the commit is part of the price.
  const after = await counters(world, postmaster);
  const per = (figure: keyof typeof after) => (after[figure] - before[figure]) / held;
  const cost = {
    apiUs: per('apiMs') * 1000,
    postgresUs: per('postgresMs') * 1000,
    checkpointUs: 0,
    walBytes: per('walBytes'),
    ordersPerFlush: 1 / per('flushes'),
  };
  if (temperature === 'warm') return cost;
  await world.db.rows('checkpoint');
  const written = (await processorSeconds(postmaster))! * 1000;
  return { ...cost, checkpointUs: ((written - after.postgresMs) * 1000) / held };
}

/** The n-th order of a pass: the next pair of seats of the next screening, each by a buyer of its own. */
function wishOf(n: number, screenings: readonly number[]) {
  const first = Math.floor(n / screenings.length) * SEATS_PER_ORDER + 1;
  return {
    path: `/api/screenings/${screenings[n % screenings.length]!}/holds`,
    session: `b${n}`,
    body: `{"seats":[{"seatNo":${first},"kind":"full"},{"seatNo":${first + 1},"kind":"full"}]}`,
  };
}

async function counters({ db, api }: World, postmaster: number) {
  const told = await db.row<{ wal: number; flushes: number }>(
    `select (pg_current_wal_insert_lsn() - '0/0')::float8 as wal, (select count(*) from outbox.messages) as flushes`,
  );
  return {
    apiMs: (await processorSeconds(api.pid))! * 1000,
    postgresMs: (await processorSeconds(postmaster))! * 1000,
    walBytes: told!.wal,
    flushes: told!.flushes,
  };
}

async function explain(db: Database, settings: Record<string, unknown>): Promise<void> {
  printSettings({ ...(await durability(db)), ...settings, processors: cpus().length, node: process.version });
  console.log('each order: two seats over HTTP; processor time as the kernel counts it; median (min to max) of rounds');
}

const median = (values: readonly number[]) => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};
const medianOf = (costs: readonly Cost[], figure: keyof Cost) => median(costs.map((cost) => cost[figure]));

function printTable(rows: readonly Row[]): void {
  const spread = (costs: readonly Cost[], figure: keyof Cost) => {
    const values = costs.map((cost) => Math.round(cost[figure]));
    return `${Math.round(median(values))} (${Math.min(...values)}–${Math.max(...values)})`;
  };
  const heads = ['API µs', 'PostgreSQL µs', 'WAL bytes', 'a flush', 'checkpoint µs'];
  const widths = [16, 16, 19, 9, 16];
  const line = (name: string, state: string, cells: readonly string[]) =>
    console.log(`${name.padEnd(28)} ${state}  ${cells.map((cell, n) => cell.padStart(widths[n]!)).join('')}`);
  console.log('\nan order costs');
  line('', '    ', heads);
  for (const { world, warm, cold } of rows) {
    for (const [state, costs] of [
      ['warm', warm],
      ['cold', cold],
    ] as const) {
      line(world.name, state, [
        spread(costs, 'apiUs'),
        spread(costs, 'postgresUs'),
        spread(costs, 'walBytes'),
        medianOf(costs, 'ordersPerFlush').toFixed(1),
        state === 'cold' ? spread(costs, 'checkpointUs') : '',
      ]);
    }
  }
}

function printArchive({ archived, name }: World): void {
  const { screenings, seconds, hotBytes, archiveBytes } = archived!;
  const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
  console.log(
    `\n${name}: archived ${screenings} screenings in ${seconds.toFixed(1)} s, ` +
      `${megabytes(hotBytes)} MB of hot tables became ${megabytes(archiveBytes)} MB`,
  );
}

function resultOf(rows: readonly Row[], sizes: readonly number[]): Record<string, unknown> {
  const round = (value: number, digits = 1) => Math.round(value * 10 ** digits) / 10 ** digits;
  const result: Record<string, unknown> = { benchmark: 'growth' };
  const totals = new Map<string, number>();
  for (const { world, warm, cold } of rows) {
    const key = world.name.replace('sale_', '');
    const [api, postgres] = [medianOf(warm, 'apiUs'), medianOf(warm, 'postgresUs')];
    totals.set(key, api + postgres);
    result[`cost_us_${key}`] = round(api + postgres);
    result[`api_us_${key}`] = round(api);
    result[`postgres_us_${key}`] = round(postgres);
    result[`cold_us_${key}`] = round(medianOf(cold, 'apiUs') + medianOf(cold, 'postgresUs'));
    result[`wal_bytes_${key}`] = Math.round(medianOf(warm, 'walBytes'));
    result[`cold_wal_bytes_${key}`] = Math.round(medianOf(cold, 'walBytes'));
    result[`orders_per_flush_${key}`] = round(medianOf(warm, 'ordersPerFlush'));
  }
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  for (const key of totals.keys()) {
    if (key !== String(smallest)) {
      result[`ratio_${key}_to_${smallest}`] = round(totals.get(key)! / totals.get(String(smallest))!, 3);
    }
  }
  return { ...result, largest, smallest, processors: cpus().length };
}
