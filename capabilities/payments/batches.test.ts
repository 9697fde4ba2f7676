import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { after, test } from 'node:test';
import pino from 'pino';
import * as orders from '#capabilities/orders';
import { systemClock } from '#platform/clock';
import type { Fault } from '#platform/fault';
import { createDatabase, type Database } from '#platform/postgres';
import { type AwaitingPayment, ordersAwaitingPayment } from '#testing/awaiting-payment';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, letTimePass } from '#testing/holding';
import { capturedPayment, standInProvider, type StandInPayment } from '#testing/stand-in-provider';
import { type SourceEdits, withEdits } from '#testing/without-guard';
import type * as PaymentsModule from './index.ts';

// Money that arrives together is decided together: what each caller is told, and what stays true when a member is bad,
// two processes meet, a process dies, or a lane is full. Each guard has a control that takes it out.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

type Order = Awaited<ReturnType<typeof aHeldOrder>>;
type Money = Map<string, StandInPayment>;

/** Orders that wait for their money; it is put to `money` as captured. */
async function awaiting(count: number, money: Money): Promise<AwaitingPayment[]> {
  const waiting = await ordersAwaitingPayment(db, holder, count);
  for (const { order, attemptId } of waiting)
    money.set(`pi_${attemptId}`, capturedPayment(attemptId, order.totalCents));
  return waiting;
}

/**
 * Payments with one lane, whose first transaction waits at the gate: what is told meanwhile gathers behind it. `sets`
 * is how many payments orders was asked about, call by call.
 */
async function aGatedTill(
  money: Money,
  options: { edits?: SourceEdits; db?: Database; queueMax?: number; door?: Partial<typeof orders> } = {},
) {
  const { createPayments } = await withEdits<typeof PaymentsModule>(
    'capabilities/payments',
    'index.ts',
    options.edits ?? {},
  );
  const sets: number[] = [];
  let open = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  let read = 0;
  const door = { ...orders, ...options.door };
  const payments = createPayments({
    db: options.db ?? db,
    clock: systemClock,
    log: pino({ level: 'silent' }),
    orders: {
      ...door,
      confirmAllPaid: async (tx, paid) => {
        sets.push(paid.length);
        await gate;
        return door.confirmAllPaid(tx, paid);
      },
    },
    stripe: standInProvider((id) => {
      read += 1;
      return money.get(id)!;
    }),
    paypal: null,
    gathering: { lanes: 1, queueMax: options.queueMax ?? 1_000 },
  });
  const tell = (attemptId: string, another = '') =>
    payments.handleStripeEvent(Buffer.from(`pi_${attemptId}${another && ` ${another}`}`), {});
  /** One payment stands at the gate, then all others are told of, then the gate opens. */
  const together = async (first: string, others: readonly string[]) => {
    const answers = [tell(first)];
    while (sets.length === 0) await wait(2);
    const before = read;
    for (const other of others) {
      const [attemptId, another] = other.split(' ') as [string, string | undefined];
      const answer = tell(attemptId, another);
      answer.catch(() => {});
      answers.push(answer);
    }
    while (read < before + others.length) await wait(2);
    await wait(20);
    open();
    return (await Promise.allSettled(answers)).map((answer) =>
      answer.status === 'fulfilled' ? answer.value : (answer.reason as Error),
    );
  };
  return { payments, tell, together, sets, open };
}

const row = async (attemptId: string) =>
  (await db.row<{ state: string; fulfilment: string | null }>(
    'select state, fulfilment from payments.attempts where attempt_id = $1',
    [attemptId],
  ))!;
const refunds = async (attemptId: string) =>
  (await db.rows<{ reason: string }>('select reason from payments.refunds where attempt_id = $1', [attemptId])).map(
    (refund) => refund.reason,
  );

/** What belongs to an order that was paid once: sold seats, valid tickets, facts. */
async function ownedBy({ orderId }: Order) {
  return db.row<{ state: string; sold: number; tickets: number; facts: number }>(
    `select state, (select count(*) from holds.tickets t where t.order_id = o.order_id and t.state = 'sold') as sold,
       (select count(*) from tickets.issued i where i.order_id = o.order_id and i.state = 'valid') as tickets,
       (select count(*) from outbox.messages m where m.topic = 'order_paid'
          and m.payload ->> 'orderId' = o.order_id::text) as facts
     from orders.orders o where order_id = $1`,
    [orderId],
  );
}
const PAID_ONCE = { state: 'paid', sold: 1, tickets: 1, facts: 1 };

/** Fifty payments behind one: a row that the database refuses, a bug, and every kind of money that buys nothing. */
async function fiftyTogether(edits: SourceEdits = {}) {
  const money: Money = new Map();
  const waiting = await awaiting(51, money);
  const [first, refused, bug, mismatch, gone, already, ...plain] = waiting.map((one) => one) as [
    AwaitingPayment,
    AwaitingPayment,
    AwaitingPayment,
    AwaitingPayment,
    AwaitingPayment,
    AwaitingPayment,
    ...AwaitingPayment[],
  ];
  const change = ({ attemptId }: AwaitingPayment, put: Partial<StandInPayment>) =>
    money.set(`pi_${attemptId}`, { ...money.get(`pi_${attemptId}`)!, ...put });
  change(refused, { providerCaptureId: `ch_${first.attemptId}` });
  change(bug, { providerPaymentId: 'pi_of_another' });
  change(mismatch, { capturedCents: mismatch.order.totalCents - 1 });
  await letTimePass(db, gone.order.orderId, 300);
  await aHeldOrder(
    holder,
    gone.order.screeningId,
    gone.order.seats.map((seat) => seat.seatNo),
  );
  await db.transaction((tx) => orders.confirmPaid(tx, { ...already.order, paidCents: already.order.totalCents }));
  const till = await aGatedTill(money, { edits });
  const twice = plain[0]!;
  const answers = await till.together(first.attemptId, [
    ...waiting.slice(1).map((one) => one.attemptId),
    `${twice.attemptId} again`,
  ]);
  return { till, first, refused, bug, mismatch, gone, already, plain, answers, waiting };
}

test('fifty together, among them a poison, a bug, a mismatch, lost seats, a repeat and a second payment: each its own answer', async () => {
  const seen = await fiftyTogether();
  const { answers, waiting } = seen;
  const answerOf = (one: AwaitingPayment) => answers[waiting.indexOf(one)];
  // The bug is seen before orders is asked, so the halves of 51 are the largest sets that orders meets.
  assert.ok(Math.max(...seen.till.sets) > 20 && seen.till.sets.length < 15, `gathered: ${String(seen.till.sets)}`);
  assert.match(String(answerOf(seen.refused)), /attempts_capture/);
  assert.match(String(answerOf(seen.bug)), /bug: an attempt with two payments/);
  assert.equal(answers.filter((answer) => answer === 'processed').length, 50, 'the repeat too');
  for (const poison of [seen.refused, seen.bug]) {
    assert.deepEqual(await row(poison.attemptId), { state: 'requires_action', fulfilment: null });
    assert.deepEqual(await ownedBy(poison.order), { state: 'awaiting_payment', sold: 0, tickets: 0, facts: 0 });
  }
  for (const one of [seen.first, ...seen.plain]) {
    assert.equal((await row(one.attemptId)).fulfilment, 'paid');
    assert.deepEqual(await ownedBy(one.order), PAID_ONCE);
    assert.deepEqual(await refunds(one.attemptId), []);
  }
  for (const [one, why] of [
    [seen.mismatch, 'amount_mismatch'],
    [seen.gone, 'seats_gone'],
    [seen.already, 'already_paid'],
  ] as const) {
    assert.deepEqual(await row(one.attemptId), { state: 'captured', fulfilment: why });
    assert.deepEqual(await refunds(one.attemptId), [why]);
  }
  assert.deepEqual(await ownedBy(seen.already.order), PAID_ONCE);
});

test('control: without halving, a poison takes all of its neighbours with it', async () => {
  const { plain, answers, waiting } = await fiftyTogether({
    'payment-lanes.ts': [['if (error instanceof Fault || isConnectionFailure(error)) throw error;', 'throw error;']],
  });
  const failed = plain.filter((one) => answers[waiting.indexOf(one)] instanceof Error);
  assert.equal(failed.length, plain.length);
});

test('a payment that comes alone travels at once, in a set of one', async () => {
  const money: Money = new Map();
  const [one] = await awaiting(1, money);
  const till = await aGatedTill(money);
  till.open();
  assert.equal(await till.tell(one!.attemptId), 'processed');
  assert.deepEqual(till.sets, [1]);
  assert.deepEqual(await ownedBy(one!.order), PAID_ONCE);
});

test('two payments of one buyer in one set: both are decided, the second in the next transaction', async () => {
  const money: Money = new Map();
  const waiting = await awaiting(3, money);
  await db.rows(
    `update orders.orders set buyer_key = (select buyer_key from orders.orders where order_id = $1) where order_id = $2`,
    [waiting[1]!.order.orderId, waiting[2]!.order.orderId],
  );
  const till = await aGatedTill(money);
  await till.together(
    waiting[0]!.attemptId,
    waiting.slice(1).map((one) => one.attemptId),
  );
  assert.deepEqual(till.sets, [1, 2, 1]);
  for (const { order } of waiting) assert.deepEqual(await ownedBy(order), PAID_ONCE);
});

/** Two processes are told of the same thirty payments in opposite order; answers how much money they want to give back. */
async function twoProcesses(edits: SourceEdits) {
  const money: Money = new Map();
  const waiting = await awaiting(32, money);
  const [firstOfOne, firstOfOther, ...both] = waiting.map((one) => one.attemptId) as [string, string, ...string[]];
  const pools = [0, 1].map(() => createDatabase({ connectionString: db.connectionString, connectionsMax: 4 }));
  // Long enough that both have read the attempts before the first of them commits.
  const door: Partial<typeof orders> = {
    confirmAllPaid: async (tx, paid) => {
      await wait(200);
      return orders.confirmAllPaid(tx, paid);
    },
  };
  const one = await aGatedTill(money, { edits, db: pools[0]!, door });
  const other = await aGatedTill(money, { edits, db: pools[1]!, door });
  const answers = await Promise.all([
    one.together(firstOfOne, both),
    other.together(firstOfOther, both.map((id) => `${id} other`).reverse()),
  ]);
  await Promise.all(pools.map((pool) => pool.close()));
  const owed = await Promise.all(both.map(refunds));
  const owned = await Promise.all(waiting.map(({ order }) => ownedBy(order)));
  return { answers: answers.flat(), owed: owed.flat().length, owned };
}

test('two processes confirm the same orders: each is paid once, and both are told so', async () => {
  const seen = await twoProcesses({});
  assert.ok(
    seen.answers.every((answer) => answer === 'processed'),
    String(seen.answers),
  );
  assert.equal(seen.owed, 0);
  for (const owned of seen.owned) assert.deepEqual(owned, PAID_ONCE);
});

test('control: without the locks of the attempts the second process gives back money that bought seats', async () => {
  const seen = await twoProcesses({
    'attempts.ts': [['attempt_id = k.id for update) as a', 'attempt_id = k.id) as a']],
  });
  assert.ok(seen.owed > 0);
});

test('the database ends the transaction of a set: nothing of it is there, and the next delivery pays all, once', async () => {
  const money: Money = new Map();
  const waiting = await awaiting(12, money);
  let ended = false;
  const till = await aGatedTill(money, {
    door: {
      confirmAllPaid: async (tx, paid) => {
        const outcomes = await orders.confirmAllPaid(tx, paid);
        if (paid.length > 1 && !ended) {
          ended = true;
          await tx.rows('select pg_terminate_backend(pg_backend_pid())');
        }
        return outcomes;
      },
    },
  });
  const [first, ...others] = waiting.map((one) => one.attemptId) as [string, ...string[]];
  const answers = await till.together(first, others);
  assert.ok(answers.slice(1).every((answer) => answer instanceof Error));
  for (const { order } of waiting.slice(1)) assert.equal((await ownedBy(order))!.sold, 0);
  for (const id of others) assert.equal(await till.tell(id), 'processed');
  for (const { order } of waiting) assert.deepEqual(await ownedBy(order), PAID_ONCE);
});

test('the answer to COMMIT is lost: all callers hear a fault, the next delivery finds everything done, once', async () => {
  const money: Money = new Map();
  const waiting = await awaiting(12, money);
  const deaf: Database = {
    ...db,
    transaction: async (run) => {
      await db.transaction(run);
      throw new Error('Connection terminated unexpectedly');
    },
  };
  const till = await aGatedTill(money, { db: deaf });
  const [first, ...others] = waiting.map((one) => one.attemptId) as [string, ...string[]];
  const answers = await till.together(first, others);
  assert.ok(answers.every((answer) => answer instanceof Error));
  const healed = await aGatedTill(money);
  healed.open();
  for (const { attemptId, order } of waiting) {
    assert.equal(await healed.tell(attemptId), 'duplicate');
    assert.equal(await healed.tell(attemptId, 'another event'), 'processed');
    assert.deepEqual(await ownedBy(order), PAID_ONCE);
    assert.deepEqual(await refunds(attemptId), []);
  }
});

test('a full lane refuses at once and keeps nothing; told again, the money is taken', async () => {
  const money: Money = new Map();
  const waiting = await awaiting(5, money);
  const till = await aGatedTill(money, { queueMax: 2 });
  const [first, ...others] = waiting.map((one) => one.attemptId) as [string, ...string[]];
  const answers = await till.together(first, others);
  const refused = waiting.filter((_, index) => answers[index] instanceof Error);
  assert.equal(refused.length, 2);
  for (const one of refused) {
    assert.equal((answers[waiting.indexOf(one)] as Fault).code, 'overloaded');
    const kept = await db.rows('select 1 from payments.provider_events where event_id = $1', [
      `evt_pi_${one.attemptId}`,
    ]);
    assert.equal(kept.length, 0);
    assert.equal(await till.tell(one.attemptId), 'processed');
  }
  for (const { order } of waiting) assert.deepEqual(await ownedBy(order), PAID_ONCE);
});
