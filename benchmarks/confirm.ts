import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import pino from 'pino';
import * as orders from '#capabilities/orders';
import { createPayments, type Gathering, type Payments } from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import { newId, newShardedId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { aMovie, anAuditorium } from '#testing/builders';
import { capturedPayment, standInProvider } from '#testing/stand-in-provider';
import { openBenchDatabase } from './bench-database.ts';
import { durability, printSettings } from './durability.ts';
import { processorSeconds } from './processor-time.ts';

export const summary = 'paid orders confirmed per second through the webhook door, one by one and in batches';

const SEATS_PER_SCREENING = 300;
const PAIRS = SEATS_PER_SCREENING / 2;
const TOTAL_CENTS = 7_040;
// What a process may have in flight at once; the same for every row of the table.
const CONNECTIONS = 10;

type Awaiting = { screeningId: number; orderId: string; attemptId: string; pair: number };
type Variant = { name: string; batch: number; gathering: Partial<Gathering>; orders: number };

const VARIANTS: readonly Variant[] = [
  { name: '1 (two lanes)', batch: 1, gathering: { lanes: 2, sizeMax: 1 }, orders: 600 },
  { name: '1 (a lane per connection)', batch: 1, gathering: { lanes: CONNECTIONS, sizeMax: 1 }, orders: 1_500 },
  { name: 'at most 10', batch: 10, gathering: { sizeMax: 10 }, orders: 4_000 },
  { name: 'at most 100', batch: 100, gathering: { sizeMax: 100 }, orders: 9_000 },
  { name: 'at most 250', batch: 250, gathering: { sizeMax: 250 }, orders: 12_000 },
];

/** --screenings (200), --flight: webhooks under way at once (1000). */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { screenings: { type: 'string', default: '200' }, flight: { type: 'string', default: '1000' } },
  });
  const { db, server, close } = await openBenchDatabase({
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
    connectionsMax: CONNECTIONS,
  });
  try {
    const awaiting = await ordersAwaitingPayment(db, Number(values.screenings));
    const settings = await durability(db);
    printSettings({ ...settings, ...values, orders: awaiting.length, connections: CONNECTIONS });
    explain();
    const measure = (variant: Variant, flight: number) => confirm(db, server.pid, awaiting, variant, flight);

    const alone = { name: 'warm-up', batch: 1, gathering: {}, orders: 200 };
    await measure(alone, 1);
    const single = await measure(alone, 1);
    console.log(
      `\none payment at a time, nothing else to do: p50 ${single.p50Ms} ms, p99 ${single.p99Ms} ms a webhook`,
    );
    console.log(
      '\nbatch                      orders/s   mean batch   PostgreSQL CPU µs/order   this process CPU µs/order',
    );
    const results: (Variant & Measured)[] = [];
    for (const variant of VARIANTS) {
      // One by one, a long line would only wait for connections until it is turned away.
      const measured = await measure(variant, Math.min(Number(values.flight), variant.batch * 100));
      results.push({ ...variant, ...measured });
      const { perSecond, meanBatch, databaseMicros, processMicros } = measured;
      console.log(
        `${variant.name.padEnd(26)} ${cell(perSecond, 8)} ${cell(meanBatch, 12)} ${cell(databaseMicros, 25)} ${cell(processMicros, 27)}`,
      );
    }
    await audit(db);
    const bestOf = (ones: typeof results) => ones.reduce((a, b) => (b.perSecond > a.perSecond ? b : a));
    const oneByOne = bestOf(results.filter((result) => result.batch === 1));
    const best = bestOf(results.filter((result) => result.batch > 1));
    console.log(
      JSON.stringify({
        benchmark: 'confirm',
        confirmed_orders_per_s: best.perSecond,
        confirmed_orders_per_s_one_by_one: oneByOne.perSecond,
        ratio: round(best.perSecond / oneByOne.perSecond),
        batch: best.batch,
        postgres_cpu_us_per_order: best.databaseMicros,
        postgres_cpu_us_per_order_one_by_one: oneByOne.databaseMicros,
        alone_p50_ms: single.p50Ms,
        processors: cpus().length,
        ...settings,
      }),
    );
  } finally {
    await close();
  }
}

type Measured = {
  perSecond: number;
  meanBatch: number;
  databaseMicros: number;
  processMicros: number;
  p50Ms: number;
  p99Ms: number;
};

async function confirm(
  db: Database,
  postmaster: number,
  awaiting: Awaiting[],
  variant: Variant,
  flight: number,
): Promise<Measured> {
  const todo = awaiting.splice(0, variant.orders);
  if (todo.length < variant.orders) throw new Error('too few orders; give more --screenings');
  let calls = 0;
  const door = {
    ...orders,
    confirmAllPaid: (...[tx, payments]: Parameters<typeof orders.confirmAllPaid>) => {
      calls += 1;
      return orders.confirmAllPaid(tx, payments);
    },
  };
  const payments = createPayments({
    db,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    orders: door,
    stripe: standInProvider((id) => capturedPayment(id.slice('pi_'.length), TOTAL_CENTS)),
    paypal: null,
    gathering: { queueMax: flight, ...variant.gathering },
  });
  const before = {
    database: (await processorSeconds(postmaster)) ?? Number.NaN,
    process: process.cpuUsage(),
    at: performance.now(),
  };
  const latencies: number[] = [];
  await Promise.all(Array.from({ length: flight }, () => worker(payments, todo, latencies)));
  const seconds = (performance.now() - before.at) / 1000;
  const own = process.cpuUsage(before.process);
  const databaseSeconds = ((await processorSeconds(postmaster)) ?? Number.NaN) - before.database;
  await payments.close();
  latencies.sort((a, b) => a - b);
  return {
    perSecond: Math.round(variant.orders / seconds),
    meanBatch: round(variant.orders / calls),
    databaseMicros: Math.round((databaseSeconds * 1e6) / variant.orders),
    processMicros: Math.round((own.user + own.system) / variant.orders),
    p50Ms: round(latencies[Math.floor(latencies.length / 2)]!),
    p99Ms: round(latencies[Math.floor(latencies.length * 0.99)]!),
  };
}

async function worker(payments: Payments, todo: Awaiting[], latencies: number[]): Promise<void> {
  for (let one = todo.pop(); one; one = todo.pop()) {
    const start = performance.now();
    const answer = await payments.handleStripeEvent(Buffer.from(`pi_${one.attemptId}`), {});
    if (answer !== 'processed') throw new Error(`a webhook was answered ${answer}`);
    latencies.push(performance.now() - start);
  }
}

/** Orders of two seats, held and awaiting payment, each of a buyer of its own and with a submitted attempt. */
async function ordersAwaitingPayment(db: Database, screeningCount: number): Promise<Awaiting[]> {
  const hall = await anAuditorium(db, { rows: 15, perRow: 20 });
  const movieId = await aMovie(db);
  const screenings = await db.rows<{ id: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at,
       cinema_day, price_cents, half_price_quota, sales_close_at)
     select $1, $2, $3, $4, now() + n * interval '3 hours', now() + n * interval '3 hours' + interval '2 hours',
       current_date, 3200, 120, 'infinity' from generate_series(1, $5) as n
     returning screening_id as id`,
    [hall.auditoriumId, hall.theaterId, movieId, hall.seatPlanId, screeningCount],
  );
  const wanted = Array.from({ length: PAIRS }, (_, pair) =>
    screenings.map(({ id: screeningId }): Awaiting => {
      return { screeningId, orderId: newShardedId(screeningId), attemptId: newShardedId(screeningId), pair };
    }),
  ).flat();
  await db.rows(
    `insert into orders.orders (screening_id, order_id, buyer_id, buyer_key, state, key_hash, body_hash, seat_nos, kinds,
       price_cents, fee_basis_points, seat_count, tickets_cents, fee_cents, total_cents, held_until, seats_until,
       correlation_id)
     select s, o, b, decode(md5(b::text), 'hex'), 'awaiting_payment', 0, 0, array[p * 2 + 1, p * 2 + 2],
       '{full,full}', '{3200,3200}', 1000, 2, 6400, 640, 7040, now() + interval '1 hour', now() + interval '1 hour',
       gen_random_uuid()
       from unnest($1::integer[], $2::uuid[], $3::integer[], $4::uuid[]) as n(s, o, p, b)`,
    [
      wanted.map((one) => one.screeningId),
      wanted.map((one) => one.orderId),
      wanted.map((one) => one.pair),
      wanted.map(() => newId()),
    ],
  );
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents, state, kind, order_id, held_until, charged_cents,
       fee_cents)
     select o.screening_id, seat.no, 3200, 'held', 'full', o.order_id, o.held_until, 3200, 320
       from orders.orders o cross join lateral unnest(o.seat_nos) as seat(no)`,
  );
  await db.rows(
    `insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, amount_cents, state,
       idempotency_key, provider_payment_id, pay_until, next_check_at, correlation_id)
     select o.screening_id, n.a, o.order_id, o.buyer_id, 'stripe', 'card', o.total_cents, 'requires_action', n.a,
       'pi_' || n.a, o.held_until, o.held_until, o.correlation_id
       from unnest($1::integer[], $2::uuid[], $3::uuid[]) as n(s, o, a)
       join orders.orders o on o.screening_id = n.s and o.order_id = n.o`,
    [wanted.map((one) => one.screeningId), wanted.map((one) => one.orderId), wanted.map((one) => one.attemptId)],
  );
  await db.rows('vacuum analyze');
  return wanted;
}

/** What was answered is there: as many facts, tickets and sold seats as paid orders ask for, and no more. */
async function audit(db: Database): Promise<void> {
  const seen = await db.row<Record<string, number>>(
    `select (select count(*) from orders.orders where state = 'paid') as paid,
       (select count(*) from payments.attempts where fulfilment = 'paid') as captured,
       (select count(*) from outbox.messages where topic = 'order_paid') as facts,
       (select count(*) from tickets.issued) / 2 as tickets,
       (select count(*) from holds.tickets where state = 'sold') / 2 as seats`,
  );
  if (new Set(Object.values(seen!)).size !== 1) throw new Error(`the books do not agree: ${JSON.stringify(seen)}`);
  console.log(`\naudited: ${seen!['paid']} orders paid, each with its money, its seats, its tickets and its fact`);
}

const round = (value: number) => Math.round(value * 10) / 10;
const cell = (value: number, width: number) => String(value).padStart(width);

function explain(): void {
  console.log(`${'seats per order'.padEnd(20)} 2`);
  console.log('a closed model: as many webhooks under way as "flight" says, all of captured payments');
  console.log('the provider is a stand-in at the provider interface: signatures and readings take no time');
  console.log('database and this process share the processors');
}
