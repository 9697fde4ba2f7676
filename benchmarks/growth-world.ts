import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createArchiver } from '#capabilities/holds';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { aMovie, anAuditorium } from '#testing/builders';

const ROOT = new URL('..', import.meta.url).pathname;
export const SEATS_PER_SCREENING = 200;
const OLD_ORDERS_PER_SCREENING = 60; // Of two seats: a house sold to 60%.
const OLD_BUYERS = 300_000;
const OLD_AT_ONCE = 500;
const BUILD_MS_MAX = 600_000; // Two million tickets in one statement take longer than a request may.

/** One database with a programme, and an API process that sells it. */
export type World = {
  name: string;
  db: Database;
  /** On sale, in the order in which they are asked. */
  screenings: readonly number[];
  api: { pid: number; port: number; stop(): Promise<void> };
  oldOrders: number;
  archived: ArchiveCost | null;
};

/** `hotBytes` is what the hot tables took before, with the screenings on sale; `archiveBytes` what is kept instead. */
export type ArchiveCost = { screenings: number; seconds: number; hotBytes: number; archiveBytes: number };

export type WorldPlan = {
  name: string;
  onSale: number;
  /** Screenings that ended, with their paid orders; registered before those on sale, as they were. */
  old: number;
  archive: boolean;
};

export async function buildWorld(serverUrl: string, plan: WorldPlan, buyers: number): Promise<World> {
  const url = await freshDatabase(serverUrl, plan.name);
  const db = createDatabase({ connectionString: url, connectionsMax: 4, statementTimeoutMs: BUILD_MS_MAX });
  await migrate(db, ROOT);
  const oldIds = plan.old > 0 ? await register(db, plan.old, '-90 days') : [];
  for (let n = 0; n < oldIds.length; n += OLD_AT_ONCE) await sellOld(db, oldIds.slice(n, n + OLD_AT_ONCE));
  const screenings = await register(db, plan.onSale, '1 day');
  await db.rows('vacuum analyze');
  const archived = plan.archive ? await archiveAll(db, plan.old) : null;
  return {
    name: plan.name,
    db,
    screenings,
    api: await startApi(url, buyers),
    oldOrders: plan.old * OLD_ORDERS_PER_SCREENING,
    archived,
  };
}

export async function leaveWorld(world: World): Promise<void> {
  await world.api.stop();
  await world.db.close();
}

/**
 * As before the first order: seats free, the rows that orders made gone, nothing for vacuum to do. Writes each page
 * that the last pass wrote, so that without a checkpoint in between no page is written whole again.
 */
export async function reset({ db, screenings, oldOrders }: World): Promise<void> {
  await db.rows(
    `update holds.tickets set state = 'available', kind = null, order_id = null, held_until = null,
       charged_cents = null, fee_cents = null
     where screening_id = any ($1) and state <> 'available'`,
    [screenings],
  );
  if (oldOrders > 0) await db.rows('delete from orders.orders where screening_id = any ($1)', [screenings]);
  else await db.rows('truncate orders.orders');
  await db.rows('truncate holds.refusals, idempotency.answers, outbox.messages, outbox.consumed');
  for (const table of ['holds.tickets', 'orders.orders', 'holds.quotas', 'holds.refusals', 'outbox.messages']) {
    // Index entries, too: vacuum leaves them when they are few, and each round would find a longer index.
    await db.rows(`vacuum (analyze, index_cleanup on, parallel 0) ${table}`);
  }
}

async function freshDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = createDatabase({ connectionString: serverUrl, connectionsMax: 1 });
  await admin.rows(`create database ${name}`);
  await admin.close();
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** Screenings one after the other in one auditorium, beginning at `from` now, every seat registered. */
async function register(db: Database, count: number, from: string): Promise<number[]> {
  const hall = await anAuditorium(db, { rows: 10, perRow: 20 });
  const movieId = await aMovie(db);
  const rows = await db.rows<{ id: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at,
       cinema_day, price_cents, half_price_quota, sales_close_at)
     select $1, $2, $3, $4, at, at + interval '2 minutes', at::date, 3200, 80, at + interval '1 minute'
       from generate_series(1, $5) as n
      cross join lateral (select now() + $6::interval + n * interval '4 minutes' as at) as moment
     returning screening_id as id`,
    [hall.auditoriumId, hall.theaterId, movieId, hall.seatPlanId, count, from],
  );
  const ids = rows.map((row) => row.id);
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents)
     select id, no, 3200 from unnest($1::integer[]) as id cross join generate_series(1, $2) as no
      order by 1, 2`, // As the product registers them: the seats of a screening lie together.
    [ids, SEATS_PER_SCREENING],
  );
  await db.rows('insert into holds.quotas select id, 0 from unnest($1::integer[]) as id', [ids]);
  return ids;
}

/** The paid orders of old screenings with their seats, by 300,000 buyers spread over the index as people are. */
async function sellOld(db: Database, ids: readonly number[]): Promise<void> {
  await db.rows(
    `insert into orders.orders (screening_id, order_id, buyer_id, buyer_key, state, key_hash, body_hash, seat_nos, kinds,
       price_cents, fee_basis_points, seat_count, tickets_cents, fee_cents, total_cents, held_until, seats_until,
       correlation_id, created_at, paid_at)
     select s.screening_id,
            (substr(moment, 1, 8) || '-' || substr(moment, 9, 4) || '-8' || lpad(to_hex(no), 3, '0') || '-8000-0000'
              || lpad(to_hex(s.screening_id), 8, '0'))::uuid,
            md5(((s.screening_id * 7919 + no * 104729) % $3)::text)::uuid, decode(md5(no::text), 'hex'), 'paid',
            0, 0, array[2 * no - 1, 2 * no], '{full,full}', '{3200,3200}', 1000, 2, 6400, 640, 7040,
            at + interval '8 minutes', at + interval '8 minutes', gen_random_uuid(), at, at
       from screenings.screenings s
      cross join generate_series(1, $2) as no
      cross join lateral (select s.starts_at - interval '2 days' + no * interval '10 minutes' as at) as bought
      cross join lateral (select lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') as moment) as hexadecimal
      where s.screening_id = any ($1)
      order by at`,
    [ids, OLD_ORDERS_PER_SCREENING, OLD_BUYERS],
  );
  await db.rows(
    `update holds.tickets t set state = 'sold', kind = 'full', charged_cents = 3200, fee_cents = 320,
            order_id = o.order_id
       from orders.orders o cross join lateral unnest(o.seat_nos) as seat(no)
      where o.screening_id = any ($1) and t.screening_id = o.screening_id and t.seat_no = seat.no`,
    [ids],
  );
}

async function archiveAll(db: Database, count: number): Promise<ArchiveCost> {
  const sizes = await db.row<{ bytes: number }>(`select pg_total_relation_size('holds.tickets')::float8 as bytes`);
  const archiver = createArchiver({ db, limits: { afterDays: 45, looksPerTurn: 500, movesPerTurn: 500 } });
  const start = performance.now();
  for (let archived = 0; archived < count; ) {
    const turn = await archiver.turn();
    if (turn.archived === 0) throw new Error(`${count - archived} old screenings do not go: ${JSON.stringify(turn)}`);
    archived += turn.archived;
  }
  const seconds = (performance.now() - start) / 1000;
  await db.rows('vacuum analyze');
  const kept = await db.row<{ bytes: number }>(
    `select pg_total_relation_size('holds.archived_screenings')::float8 as bytes`,
  );
  return { screenings: count, seconds, hotBytes: sizes!.bytes, archiveBytes: kept!.bytes };
}

async function startApi(connectionString: string, buyers: number): Promise<World['api']> {
  const script = join(ROOT, 'testing/seat-process.ts');
  const child = spawn(process.execPath, [script, connectionString, String(buyers)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for await (const line of createInterface(child.stdout)) {
    const { port } = JSON.parse(line) as { port: number };
    const stop = async () => {
      child.stdin.end();
      await exited;
    };
    return { pid: child.pid!, port, stop };
  }
  throw new Error('the API process ended before it listened');
}
