import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newId } from '#platform/ids';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { ledger } from '../../apps/payment-sandbox/sandbox-controls.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);
const { payments } = till;

async function aPaidOrder(method: 'card' | 'paypal' = 'card') {
  const order = await aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method });
  assert.ok(answer.outcome === 'started');
  const { attempt } = answer;
  if (method === 'card') {
    await payByCard(till, attempt.clientSecret!);
    await payments.refresh({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  } else {
    await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
    await payments.capture({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  }
  assert.equal(await orderState(order.orderId), 'paid');
  return { ...order, attemptId: attempt.attemptId };
}
type Order = Awaited<ReturnType<typeof aPaidOrder>>;

async function orderState(orderId: string) {
  const row = await db.row<{ state: string }>('select state from orders.orders where order_id = $1', [orderId]);
  return row!.state;
}
const refund = (order: Order, amountCents: number | null, requestKey = newId(), requestedBy = BOSS) =>
  payments.refund({ orderId: order.orderId, amountCents, reason: 'goodwill', requestedBy, requestKey });
const refundedAt = (order: Order) => {
  const { orders } = ledger(till.sandbox.state);
  return (orders[order.orderId] ?? orders[order.attemptId])!.refundedCents;
};
const booksOf = async (order: Order) =>
  (await db.row<{ cents: number }>(
    `select coalesce(sum(amount_cents), 0) as cents from payments.refunds
     where order_id = $1 and state in ('pending', 'succeeded')`,
    [order.orderId],
  ))!.cents;
const factsOf = async (order: Order, topic: string) =>
  (
    await db.rows(`select 1 from outbox.messages where topic = $2 and payload ->> 'orderId' = $1`, [
      order.orderId,
      topic,
    ])
  ).length;
const BOSS = newId();

for (const method of ['card', 'paypal'] as const) {
  test(`a part by ${method} goes back and the seats stay; the rest goes back and the seats are free`, async () => {
    const order = await aPaidOrder(method);
    assert.equal((await refund(order, 1000)).outcome, 'refunded');
    assert.equal(await orderState(order.orderId), 'paid');
    assert.equal((await refund(order, null)).outcome, 'refunded');
    assert.equal(await orderState(order.orderId), 'refunded');
    assert.equal(refundedAt(order), order.totalCents);
    assert.equal(await booksOf(order), order.totalCents);
    const seats = await db.rows<{ state: string }>('select distinct state from holds.tickets where screening_id = $1', [
      order.screeningId,
    ]);
    assert.deepEqual(seats, [{ state: 'available' }]);
    assert.equal((await refund(order, null)).outcome, 'refund_exceeds_payment');
  });
}

test('more than was paid is refused, in one piece or in several, and nothing reaches the provider', async () => {
  const order = await aPaidOrder();
  assert.equal((await refund(order, order.totalCents + 1)).outcome, 'refund_exceeds_payment');
  assert.equal((await refund(order, order.totalCents - 100)).outcome, 'refunded');
  assert.equal((await refund(order, 101)).outcome, 'refund_exceeds_payment');
  assert.equal(refundedAt(order), order.totalCents - 100);
});

test('ten refunds of 40% race: two are made, the others are refused, the books match the provider', async () => {
  const order = await aPaidOrder();
  const part = Math.floor(order.totalCents * 0.4);
  const outcomes = (await Promise.all(Array.from({ length: 10 }, () => refund(order, part)))).map((one) => one.outcome);
  assert.equal(outcomes.filter((outcome) => outcome === 'refunded').length, 2);
  assert.equal(outcomes.filter((outcome) => outcome === 'refund_exceeds_payment').length, 8);
  assert.equal(refundedAt(order), 2 * part);
  assert.equal(await booksOf(order), 2 * part);
});

test('the same key is the same refund, also after the provider failed to answer', async () => {
  const order = await aPaidOrder();
  const key = newId();
  await till.post('/sandbox/faults', { kind: 'call', match: 'POST /v1/refunds', effect: 'fail_after' });
  await assert.rejects(refund(order, 1000, key), { code: 'provider_unavailable' });
  const again = await refund(order, 1000, key);
  assert.equal(again.outcome, 'refunded');
  assert.equal(refundedAt(order), 1000);
  assert.equal(await booksOf(order), 1000);
});

test('a refund whose answer was lost and whose key is forgotten is found in the list, not made again', async () => {
  const order = await aPaidOrder();
  await till.post('/sandbox/faults', { kind: 'call', match: 'POST /v1/refunds', effect: 'fail_after' });
  await assert.rejects(refund(order, 1000));
  till.sandbox.state.stripeAnswers = {};
  await db.rows(
    `update payments.refunds set created_at = now() - interval '30 hours', next_check_at = now() where order_id = $1`,
    [order.orderId],
  );
  await payments.reconcile(100);
  assert.equal(await booksOf(order), 1000);
  assert.equal(refundedAt(order), 1000);
});

test('a refund that the bank sends back days later opens the debt again', async () => {
  const order = await aPaidOrder();
  assert.equal((await refund(order, 1000)).outcome, 'refunded');
  const made = Object.values(till.sandbox.state.stripeRefunds).at(-1)!;
  await till.post(`/sandbox/stripe/refunds/${made.id}/fail`);
  await payments.refresh({ attemptId: order.attemptId, buyerId: order.buyerId });
  assert.equal(await booksOf(order), 0);
  assert.equal(await factsOf(order, 'refund_failed'), 1);
  assert.equal((await refund(order, null)).outcome, 'refunded', 'all of it can go back again');
});

test("a refund made in the provider's own pages is in our books once, and a person decides about the seats", async () => {
  const order = await aPaidOrder();
  const intent = Object.values(till.sandbox.state.intents).find((one) => one.metadata['order_id'] === order.orderId)!;
  await till.post(`/sandbox/stripe/${intent.id}/refund`);
  const look = () => payments.refresh({ attemptId: order.attemptId, buyerId: order.buyerId });
  await look();
  await look();
  assert.equal(await booksOf(order), order.totalCents);
  assert.equal(await orderState(order.orderId), 'paid');
  assert.equal(await factsOf(order, 'refund_seen_at_provider'), 1);
  assert.equal((await refund(order, 1)).outcome, 'refund_exceeds_payment');
});

test('an order that nobody paid has nothing to give back', async () => {
  const order = await aHeldOrder(holder, (await aScreening(db)).screeningId, [1]);
  assert.equal((await refund({ ...order, attemptId: '' }, null)).outcome, 'nothing_paid');
});
