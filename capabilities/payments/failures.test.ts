import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Fault } from '#platform/fault';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { aTill, payByCard, type Till } from '#testing/paying';
import type { PaymentProvider } from './index.ts';
import { ledger } from '../../apps/payment-sandbox/sandbox-controls.ts';

// The failures that field notes on payments list. The guards taken out of our own text: guards.test.ts.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);

const anOrder = async () => aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
type Order = Awaited<ReturnType<typeof anOrder>>;
type Method = 'card' | 'pix' | 'paypal';

async function started(order: Order, method: Method, at: Till = till) {
  const answer = await at.payments.start({ orderId: order.orderId, buyerId: order.buyerId, method });
  assert.ok(answer.outcome === 'started', answer.outcome);
  return answer.attempt;
}
const refresh = (order: Order, attemptId: string, at: Till = till) =>
  at.payments.refresh({ attemptId, buyerId: order.buyerId });
const capture = (order: Order, attemptId: string, at: Till = till) =>
  at.payments.capture({ attemptId, buyerId: order.buyerId });
const orderState = async ({ orderId }: Order) =>
  (await db.row<{ state: string }>('select state from orders.orders where order_id = $1', [orderId]))!.state;
const attemptRow = (attemptId: string) =>
  db.row<{ state: string; fulfilment: string | null; failure_code: string | null }>(
    'select state, fulfilment, failure_code from payments.attempts where attempt_id = $1',
    [attemptId],
  );
const refundsOf = ({ orderId }: Order) =>
  db.rows<{ state: string; reason: string; amount_cents: number }>(
    'select state, reason, amount_cents from payments.refunds where order_id = $1 order by created_at',
    [orderId],
  );
const factsOf = async ({ orderId }: Order, topic: string) =>
  (await db.rows(`select 1 from outbox.messages where topic = $2 and payload ->> 'orderId' = $1`, [orderId, topic]))
    .length;
const due = (attemptId: string) =>
  db.rows('update payments.attempts set next_check_at = now() where attempt_id = $1', [attemptId]);
const holdIsOver = async (order: Order, seconds: number) => {
  await letTimePass(db, order.orderId, seconds);
  await db.rows(
    `update payments.attempts set pay_until = now() - make_interval(secs => $2), next_check_at = now() where order_id = $1`,
    [order.orderId, seconds],
  );
};
const intentOf = ({ orderId }: Order, at: Till = till) =>
  Object.values(at.sandbox.state.intents).find((intent) => intent.metadata['order_id'] === orderId);
/** Money at the provider for this order, both providers together. */
const moneyAt = async (order: Order, at: Till = till) => {
  const { orders } = ledger(at.sandbox.state);
  const attempts = await db.rows<{ attempt_id: string }>(
    'select attempt_id from payments.attempts where order_id = $1',
    [order.orderId],
  );
  const lines = [orders[order.orderId], ...attempts.map((row) => orders[row.attempt_id])].filter(
    (line) => line !== undefined,
  );
  const sum = (pick: (line: (typeof lines)[number]) => number) => lines.reduce((total, line) => total + pick(line), 0);
  return { captured: sum((line) => line.capturedCents), refunded: sum((line) => line.refundedCents) };
};
const fault = (match: string, effect: string, more: object = {}) =>
  till.post('/sandbox/faults', { kind: 'call', match, effect, ...more });
const isFault = (error: unknown) => error instanceof Fault;

test('paid after the hold ended: the same seats, because nobody took them', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await letTimePass(db, order.orderId, 300);
  await payByCard(till, attempt.clientSecret!);
  assert.equal((await refresh(order, attempt.attemptId))!.state, 'captured');
  assert.equal(await orderState(order), 'paid');
  assert.deepEqual(await refundsOf(order), []);
});

async function paidTooLate(at: Till) {
  const order = await anOrder();
  const attempt = await started(order, 'card', at);
  await letTimePass(db, order.orderId, 300);
  assert.equal((await holdNow(holder, aWish(order.screeningId, [2]))).outcome, 'held');
  await payByCard(at, attempt.clientSecret!);
  await refresh(order, attempt.attemptId, at);
  return { order, attempt };
}

test('paid after somebody else took a seat: the money goes back by itself, in full, once, and the buyer is told', async () => {
  const { order, attempt } = await paidTooLate(till);
  assert.equal((await attemptRow(attempt.attemptId))!.fulfilment, 'seats_gone');
  assert.notEqual(await orderState(order), 'paid');
  await refresh(order, attempt.attemptId);
  await till.payments.reconcile(100);
  assert.deepEqual(await refundsOf(order), [
    { state: 'succeeded', reason: 'seats_gone', amount_cents: order.totalCents },
  ]);
  assert.equal(await factsOf(order, 'payment_refunded_automatically'), 1);
  assert.deepEqual(await moneyAt(order), { captured: order.totalCents, refunded: order.totalCents });
});

test('twin: where orders claims the seats are still there, no money goes back and the ledger shows it', async () => {
  const blind = await aTill(db, { orders: { confirmAllPaid: async (_, paid) => paid.map(() => 'paid' as const) } });
  const { order } = await paidTooLate(blind);
  assert.deepEqual(await moneyAt(order, blind), { captured: order.totalCents, refunded: 0 });
});

test('an automatic refund that the provider does not answer is made by the reconciler, with the same key', async () => {
  await fault('POST /v1/refunds', 'fail_after');
  const { order } = await paidTooLate(till);
  assert.deepEqual(await refundsOf(order), [
    { state: 'created', reason: 'seats_gone', amount_cents: order.totalCents },
  ]);
  await db.rows('update payments.refunds set next_check_at = now() where order_id = $1', [order.orderId]);
  await till.payments.reconcile(100);
  assert.equal((await refundsOf(order))[0]!.state, 'succeeded');
  assert.deepEqual(await moneyAt(order), { captured: order.totalCents, refunded: order.totalCents });
});

test('the hold ends while paying: the payment is cancelled at the provider and can no longer be paid', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await holdIsOver(order, 5);
  await till.payments.reconcile(100);
  assert.equal((await attemptRow(attempt.attemptId))!.state, 'expired');
  assert.equal(await factsOf(order, 'payment_failed'), 1);
  assert.equal((await payByCard(till, attempt.clientSecret!)).status, 400);
});

test('the cancel at the end of the hold loses against the payment: it counts as paid', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await payByCard(till, attempt.clientSecret!);
  await holdIsOver(order, 5);
  await till.payments.reconcile(100);
  assert.equal((await attemptRow(attempt.attemptId))!.fulfilment, 'paid');
  assert.equal(await orderState(order), 'paid');
});

test('PayPal is not captured once the hold is over: no money moves', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await holdIsOver(order, 120);
  assert.equal((await capture(order, attempt.attemptId)).outcome, 'order_expired');
  assert.deepEqual(await moneyAt(order), { captured: 0, refunded: 0 });
  assert.equal((await attemptRow(attempt.attemptId))!.state, 'expired');
});

test('neither webhook nor return: the reconciler finds the money', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await payByCard(till, attempt.clientSecret!);
  await till.payments.reconcile(100);
  assert.equal(await orderState(order), 'awaiting_payment', 'not due yet');
  await due(attempt.attemptId);
  await till.payments.reconcile(100);
  assert.equal(await orderState(order), 'paid');
});

test('a crash between the provider call and our row: the reconciler finds the same payment, not a second one', async () => {
  const order = await anOrder();
  const dying = await aTill(db, {
    stripe: (real) => ({ ...real, createPayment: dies((request) => real.createPayment(request)) }),
  });
  await assert.rejects(started(order, 'pix', dying), /killed/);
  const [row] = await db.rows<{ attempt_id: string; state: string; provider_payment_id: string | null }>(
    'select attempt_id, state, provider_payment_id from payments.attempts where order_id = $1',
    [order.orderId],
  );
  assert.deepEqual([row!.state, row!.provider_payment_id], ['submitted', null]);
  const intent = intentOf(order, dying)!;
  const restarted = await sameSandbox(dying);
  await dying.post(`/sandbox/pix/${intent.id}/pay`);
  await due(row!.attempt_id);
  await restarted.reconcile(100);
  assert.equal(await orderState(order), 'paid');
  assert.equal(Object.values(dying.sandbox.state.intents).length, 1);
});

/** The call reaches the provider, its answer nobody: not a Fault, so that nothing at all runs after it, as in a kill. */
function dies(call: PaymentProvider['createPayment']): PaymentProvider['createPayment'] {
  return async (request) => {
    await call(request);
    throw new Error('killed');
  };
}

async function sameSandbox(dead: Till) {
  const { createPayments } = await import('./index.ts');
  const orders = await import('#capabilities/orders');
  const { default: pino } = await import('pino');
  const { systemClock } = await import('#platform/clock');
  const { stripe, paypal } = dead;
  return createPayments({ db, clock: systemClock, log: pino({ level: 'silent' }), orders, stripe, paypal });
}

test('a crash long ago, when the key is forgotten: the payment is found by our own id in it', async () => {
  const order = await anOrder();
  const dying = await aTill(db, {
    stripe: (real) => ({ ...real, createPayment: dies((request) => real.createPayment(request)) }),
  });
  await assert.rejects(started(order, 'card', dying), /killed/);
  const intent = intentOf(order, dying)!;
  await payByCard(dying, intent.client_secret);
  intent.created -= 30 * 3600;
  dying.sandbox.state.stripeAnswers = {};
  await db.rows(
    `update payments.attempts set created_at = now() - interval '30 hours', next_check_at = now() where order_id = $1`,
    [order.orderId],
  );
  await (await sameSandbox(dying)).reconcile(100);
  assert.equal(await orderState(order), 'paid');
  assert.equal(Object.values(dying.sandbox.state.intents).length, 1);
});

test('a create that fails after it was done is unknown, and the next start goes on with the same payment', async () => {
  const order = await anOrder();
  await fault('POST /v1/payment_intents', 'fail_after');
  await assert.rejects(started(order, 'card'), isFault);
  const first = intentOf(order)!;
  const attempt = await started(order, 'card');
  assert.equal(attempt.clientSecret, first.client_secret);
});

test('twin: with a fresh key for each call the same failure makes two payments', async () => {
  let serial = 0;
  const careless = await aTill(db, {
    stripe: (real) => ({
      ...real,
      createPayment: (request) => real.createPayment({ ...request, idempotencyKey: `fresh-${(serial += 1)}` }),
    }),
  });
  const order = await anOrder();
  await careless.post('/sandbox/faults', { kind: 'call', match: 'POST /v1/payment_intents', effect: 'fail_after' });
  await assert.rejects(started(order, 'card', careless), isFault);
  await started(order, 'card', careless);
  assert.equal(Object.values(careless.sandbox.state.intents).length, 2);
});

test('a capture whose answer was cut is unknown, blocks another method, and resolves to paid', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await fault('/capture', 'cut_after');
  await assert.rejects(capture(order, attempt.attemptId), isFault);
  assert.equal((await attemptRow(attempt.attemptId))!.state, 'unknown');
  const other = await till.payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  assert.equal(other.outcome, 'paid', 'looking before anything new finds the money');
  assert.equal(await orderState(order), 'paid');
  assert.deepEqual(await moneyAt(order), { captured: order.totalCents, refunded: 0 });
});

test('a capture whose answer was cut, asked for again: the same money, once', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await fault('/capture', 'cut_after');
  await assert.rejects(capture(order, attempt.attemptId), isFault);
  assert.equal((await capture(order, attempt.attemptId)).outcome, 'captured');
  assert.deepEqual(await moneyAt(order), { captured: order.totalCents, refunded: 0 });
});

test('a capture that never arrived is open again after a look, and pays when asked for again', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await fault('/capture', 'cut_before');
  await assert.rejects(capture(order, attempt.attemptId), isFault);
  await due(attempt.attemptId);
  await till.payments.reconcile(100);
  assert.equal((await attemptRow(attempt.attemptId))!.state, 'requires_action');
  assert.equal((await capture(order, attempt.attemptId)).outcome, 'captured');
});

test('captures and a change of method race: the money is taken once', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await Promise.allSettled([
    capture(order, attempt.attemptId),
    till.payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' }),
    capture(order, attempt.attemptId),
  ]);
  const card = intentOf(order);
  if (card) await payByCard(till, card.client_secret);
  await db.rows('update payments.attempts set next_check_at = now() where order_id = $1', [order.orderId]);
  await till.payments.reconcile(100);
  assert.deepEqual(await moneyAt(order), { captured: order.totalCents, refunded: 0 });
  assert.equal(await orderState(order), 'paid');
});

test('paid twice through two providers: the first fulfils, the second goes back in full', async () => {
  const order = await anOrder();
  const card = await started(order, 'card');
  const paypal = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${paypal.paypalOrderId!}/approve`);
  assert.equal((await capture(order, paypal.attemptId)).outcome, 'captured');
  // The cancel never arrived at Stripe, say; the buyer's other tab pays.
  const intent = intentOf(order)!;
  intent.status = 'requires_payment_method';
  await payByCard(till, card.clientSecret!);
  await refresh(order, card.attemptId);
  assert.equal((await attemptRow(card.attemptId))!.fulfilment, 'already_paid');
  assert.deepEqual(await refundsOf(order), [
    { state: 'succeeded', reason: 'already_paid', amount_cents: order.totalCents },
  ]);
  assert.deepEqual(await moneyAt(order), { captured: 2 * order.totalCents, refunded: order.totalCents });
  assert.equal(await orderState(order), 'paid');
});

test('another amount than asked is not fulfilled and goes back as it came', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  intentOf(order)!.amount -= 100;
  await payByCard(till, attempt.clientSecret!);
  await refresh(order, attempt.attemptId);
  assert.equal((await attemptRow(attempt.attemptId))!.fulfilment, 'amount_mismatch');
  assert.notEqual(await orderState(order), 'paid');
  const lessCents = order.totalCents - 100;
  assert.deepEqual(await refundsOf(order), [
    { state: 'succeeded', reason: 'amount_mismatch', amount_cents: lessCents },
  ]);
});

test('another currency than asked is not fulfilled', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  intentOf(order)!.currency = 'ars';
  await payByCard(till, attempt.clientSecret!);
  await refresh(order, attempt.attemptId);
  assert.equal((await attemptRow(attempt.attemptId))!.fulfilment, 'amount_mismatch');
  assert.notEqual(await orderState(order), 'paid');
});

test('the buyer gave the order back while paying: the money goes back', async () => {
  const orders = await import('#capabilities/orders');
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await db.transaction((tx) => orders.releaseOrder(tx, order));
  await payByCard(till, attempt.clientSecret!);
  await refresh(order, attempt.attemptId);
  assert.deepEqual(await moneyAt(order), { captured: order.totalCents, refunded: order.totalCents });
});

test('webhook, return page and reconciler at once: one sale, one fact', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await payByCard(till, attempt.clientSecret!);
  await due(attempt.attemptId);
  const looks = Array.from({ length: 6 }, () => refresh(order, attempt.attemptId));
  await Promise.all([...looks, till.payments.reconcile(100), till.payments.reconcile(100)]);
  assert.equal(await factsOf(order, 'order_paid'), 1);
  assert.equal(await orderState(order), 'paid');
});

test('one provider down: after five failures it rests, and the other still sells', async () => {
  const half = await aTill(db, {
    stripe: (real) => ({
      ...real,
      createPayment: async () => {
        throw new Fault('provider_unavailable', { retryable: true });
      },
    }),
  });
  const order = await anOrder();
  for (let call = 0; call < 5; call += 1)
    await assert.rejects(started(order, 'card', half), { code: 'provider_unavailable' });
  await assert.rejects(started(order, 'card', half), { code: 'provider_resting' });
  const attempt = await started(order, 'paypal', half);
  await half.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  assert.equal((await capture(order, attempt.attemptId, half)).outcome, 'captured');
});
