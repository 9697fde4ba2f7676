import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { editedPayments } from '#testing/unguarded-payments';
import type { SourceEdits } from '#testing/without-guard';
import type { Payments } from './index.ts';
import { ledger } from '../../apps/payment-sandbox/sandbox-controls.ts';

// Each guard is taken out of the text of our own code and the same story is told again: the damage must be seen. Where
// two guards stand behind each other, each alone still holds, and only without both the damage comes.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);

const anOrder = async () => aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
type Order = Awaited<ReturnType<typeof anOrder>>;
const edited = (edits: SourceEdits = {}) => editedPayments(db, till, edits);

async function started(payments: Payments, order: Order, method: 'card' | 'paypal') {
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method });
  assert.ok(answer.outcome === 'started', answer.outcome);
  return answer.attempt;
}
const intentOf = ({ orderId }: Order) =>
  Object.values(till.sandbox.state.intents).find((intent) => intent.metadata['order_id'] === orderId)!;
const fulfilmentOf = async (attemptId: string) =>
  (await db.row<{ fulfilment: string | null }>('select fulfilment from payments.attempts where attempt_id = $1', [
    attemptId,
  ]))!.fulfilment;

// Two clones of one database: the second without the index that allows one live attempt per order.
const loose = await testDatabase();
await loose.rows('drop index payments.attempts_active');
const looseHolder = aSeatHolder(loose);
after(() => looseHolder.close());

const LOOK = "    if (await activeAttempt(tx, orderId)) return { outcome: 'payment_unresolved' as const };\n";
// Long enough that all three have seen "no attempt yet" before the first one commits.
const PAUSE = "    await tx.rows('select pg_sleep(0.1)');\n";

/** Three starts of one order at once: how many attempts, how many payments at the provider? */
async function threeStarts(at: { db: Database; holder: typeof holder }, put: string) {
  const payments = await editedPayments(at.db, till, { 'start-payment.ts': [[LOOK, put]] });
  const order = await aHeldOrder(at.holder, (await aScreening(at.db)).screeningId, [1, 2]);
  const start = () => payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  await Promise.allSettled([start(), start(), start()]);
  const rows = await at.db.rows('select 1 from payments.attempts where order_id = $1', [order.orderId]);
  const { intents } = till.sandbox.state;
  const made = Object.values(intents).filter((intent) => intent.metadata['order_id'] === order.orderId);
  return { attempts: rows.length, payments: made.length };
}

test('three starts that truly meet make one attempt, by the look under the lock or by the index alone', async () => {
  const one = { attempts: 1, payments: 1 };
  assert.deepEqual(await threeStarts({ db, holder }, PAUSE + LOOK), one, 'both');
  assert.deepEqual(await threeStarts({ db: loose, holder: looseHolder }, PAUSE + LOOK), one, 'only the look');
  assert.deepEqual(await threeStarts({ db, holder }, PAUSE), one, 'only the index');
});

test('control: without the look and without the index the same starts make three payments for one order', async () => {
  const seen = await threeStarts({ db: loose, holder: looseHolder }, PAUSE);
  assert.deepEqual(seen, { attempts: 3, payments: 3 });
});

/** The provider captured something else than was asked for. */
async function paidOtherwise(payments: Payments, change: (intent: ReturnType<typeof intentOf>) => void) {
  const order = await anOrder();
  const attempt = await started(payments, order, 'card');
  change(intentOf(order));
  await payByCard(till, attempt.clientSecret!);
  await payments.refresh({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  return fulfilmentOf(attempt.attemptId);
}
const MONEY_CHECK = ['amount', 'currency'] as const;
const withoutCheck = (...parts: (typeof MONEY_CHECK)[number][]): SourceEdits => ({
  'apply-provider-state.ts': [
    [
      'if (paidCents !== attempt.amountCents || payment.currency !== attempt.currency) return',
      `if (${MONEY_CHECK.filter((part) => !parts.includes(part))
        .map(
          (part) =>
            ({ amount: 'paidCents !== attempt.amountCents', currency: 'payment.currency !== attempt.currency' })[part],
        )
        .concat('false')
        .join(' || ')}) return`,
    ],
  ],
});

test('control: without comparing the currency, pesos buy seats priced in reais', async () => {
  const inPesos = (intent: ReturnType<typeof intentOf>) => (intent.currency = 'ars');
  assert.equal(await paidOtherwise(await edited(), inPesos), 'amount_mismatch');
  assert.equal(await paidOtherwise(await edited(withoutCheck('amount')), inPesos), 'amount_mismatch');
  assert.equal(await paidOtherwise(await edited(withoutCheck('currency')), inPesos), 'paid');
});

test('control: less money is refused by us and again by orders; without both it buys the seats', async () => {
  const less = (intent: ReturnType<typeof intentOf>) => (intent.amount -= 100);
  const blindOrders = await import('#capabilities/orders').then(({ confirmAllPaid }) => ({
    confirmAllPaid: async (...[tx, payments]: Parameters<typeof confirmAllPaid>) => {
      const totals = await tx.rows<{ id: string; total: number }>(
        'select order_id as id, total_cents as total from orders.orders where order_id = any ($1)',
        [payments.map((paid) => paid.orderId)],
      );
      const totalOf = new Map(totals.map(({ id, total }) => [id, total]));
      return confirmAllPaid(
        tx,
        payments.map((paid) => ({ ...paid, paidCents: totalOf.get(paid.orderId)! })),
      );
    },
  }));
  const unchecked = withoutCheck('amount');
  assert.equal(await paidOtherwise(await edited(unchecked), less), 'amount_mismatch', 'orders alone');
  assert.equal(
    await paidOtherwise(await editedPayments(db, till, {}, blindOrders), less),
    'amount_mismatch',
    'we alone',
  );
  assert.equal(await paidOtherwise(await editedPayments(db, till, unchecked, blindOrders), less), 'paid');
});

/** The hold is over and somebody else has the seat when PayPal's window says yes. Answers what moved. */
async function approvedTooLate(payments: Payments) {
  const order = await anOrder();
  const attempt = await started(payments, order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await letTimePass(db, order.orderId, 120);
  await db.rows('update payments.attempts set pay_until = now() where order_id = $1', [order.orderId]);
  assert.equal((await holdNow(holder, aWish(order.screeningId, [1]))).outcome, 'held');
  await payments.capture({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  const line = ledger(till.sandbox.state).orders[order.orderId];
  return (line?.capturedCents ?? 0) / order.totalCents;
}

test('control: without asking the hold again before the capture, money moves for lost seats', async () => {
  assert.equal(await approvedTooLate(await edited()), 0);
  const unguarded = await edited({
    'capture-payment.ts': [
      ["    if (order.outcome !== 'awaiting' || attempt.isOver) return { outcome: 'order_expired' };\n", ''],
    ],
  });
  assert.equal(await approvedTooLate(unguarded), 1);
});

/** Ten staff refund 40% at once, at a provider that does not count for us. Answers how often money went back. */
async function tenRefunds(lock: string) {
  let given = 0;
  const generous = {
    ...till.stripe,
    refund: async () => {
      given += 1;
      const made = { providerRefundId: `re_${newId()}`, refundId: null, failureCode: null };
      return { kind: 'done' as const, value: { ...made, amountCents: 0, state: 'succeeded' as const } };
    },
  };
  const payments = await editedPayments(
    db,
    { ...till, stripe: generous },
    {
      'refund-payment.ts': [
        [
          'const attempt = (await lockAttempt(tx, attemptId))!;\n  const key',
          `const attempt = (await ${lock})!;\n  const key`,
        ],
        [
          '  const refundId = newShardedId(',
          "  await tx.rows('select pg_sleep(0.05)');\n  const refundId = newShardedId(",
        ],
      ],
    },
  );
  const order = await anOrder();
  const attempt = await started(payments, order, 'card');
  await payByCard(till, attempt.clientSecret!);
  await payments.refresh({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  const refund = () =>
    payments.refund({
      orderId: order.orderId,
      amountCents: Math.floor(order.totalCents * 0.4),
      reason: 'goodwill',
      requestedBy: newId(),
      requestKey: newId(),
    });
  await Promise.all(Array.from({ length: 10 }, refund));
  return given;
}

test('control: without the lock of the attempt, refunds that race give back more than was paid', async () => {
  assert.equal(await tenRefunds('lockAttempt(tx, attemptId)'), 2);
  assert.ok((await tenRefunds('readAttempt(tx, attemptId)')) > 2);
});

/** The hold of a card payment is over and its buyer pays now. Answers what the provider said to the card. */
async function paysAfterTheHold(payments: Payments) {
  const order = await anOrder();
  const attempt = await started(payments, order, 'card');
  await letTimePass(db, order.orderId, 5);
  await db.rows(
    "update payments.attempts set pay_until = now() - interval '5 seconds', next_check_at = now() where order_id = $1",
    [order.orderId],
  );
  await payments.reconcile(100);
  return (await payByCard(till, attempt.clientSecret!)).status;
}

test('control: a reconciler that only looks and never ends leaves a payment payable after its hold', async () => {
  assert.equal(await paysAfterTheHold(await edited()), 400);
  const onlyLooks = await edited({
    'reconcile.ts': [['if (attempt.isOver || attempt.cancelling) await', 'if (false) await']],
  });
  assert.equal(await paysAfterTheHold(onlyLooks), 200);
});

/** Neither webhook nor return page. Answers the state that the attempt is in when the reconciler has run. */
async function paidInSilence(payments: Payments) {
  const order = await anOrder();
  const attempt = await started(payments, order, 'card');
  await payByCard(till, attempt.clientSecret!);
  await db.rows('update payments.attempts set next_check_at = now() where order_id = $1', [order.orderId]);
  await payments.reconcile(100);
  return fulfilmentOf(attempt.attemptId);
}

test('control: without the reconciler, money of which nobody told us buys nothing', async () => {
  assert.equal(await paidInSilence(await edited()), 'paid');
  const asleep = await edited({
    'reconcile.ts': [
      ['  for (const { attemptId } of attempts) {', '  for (const { attemptId } of attempts.slice(0, 0)) {'],
    ],
  });
  assert.equal(await paidInSilence(asleep), null);
});
