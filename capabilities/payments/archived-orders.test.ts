import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { readOrder } from '#capabilities/orders';
import { newId } from '#platform/ids';
import { archiveNow, hotRows, letItEnd, seatCounts } from '#testing/archiving';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, letTimePass } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { ledger } from '../../apps/payment-sandbox/sandbox-controls.ts';

// What reaches an order after its screening went to the archive: a refund works as ever, money is sent back.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);
const { payments } = till;

async function anOrderWithAttempt() {
  const order = await aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  assert.ok(answer.outcome === 'started');
  return { ...order, attempt: answer.attempt };
}
type Order = Awaited<ReturnType<typeof anOrderWithAttempt>>;
const refresh = (order: Order) => payments.refresh({ attemptId: order.attempt.attemptId, buyerId: order.buyerId });
const refundedAt = (order: Order) => {
  const { orders } = ledger(till.sandbox.state);
  return (orders[order.orderId] ?? orders[order.attempt.attemptId])!.refundedCents;
};
async function archived(order: Order) {
  await letItEnd(db, order.screeningId, 46);
  assert.equal(await archiveNow(db, order.screeningId), 'archived');
}

test('an archived order is refunded as ever: money back, tickets revoked, seats counted as free', async () => {
  const order = await anOrderWithAttempt();
  await payByCard(till, order.attempt.clientSecret!);
  await refresh(order);
  await archived(order);
  assert.deepEqual(await seatCounts(db, order.screeningId), { available: 48, sold: 2 });
  const refund = (amountCents: number | null) =>
    payments.refund({
      orderId: order.orderId,
      amountCents,
      reason: 'dispute lost',
      requestedBy: newId(),
      requestKey: newId(),
    });
  assert.equal((await refund(100)).outcome, 'refunded', 'in part');
  assert.deepEqual(await seatCounts(db, order.screeningId), { available: 48, sold: 2 });
  assert.equal((await refund(null)).outcome, 'refunded');
  assert.equal(refundedAt(order), order.totalCents);
  const seen = await readOrder(db, { orderId: order.orderId });
  assert.deepEqual([seen!.state, seen!.refundedCents], ['refunded', order.totalCents]);
  const tickets = await db.rows('select distinct state from tickets.issued where order_id = $1', [order.orderId]);
  assert.deepEqual(tickets, [{ state: 'revoked' }]);
  assert.deepEqual(await seatCounts(db, order.screeningId), { available: 50 });
  assert.equal(await hotRows(db, order.screeningId), 0);
});

test('money that comes for an archived order buys nothing and goes back by itself', async () => {
  const order = await anOrderWithAttempt();
  await letTimePass(db, order.orderId, 3600);
  await db.rows(
    `update payments.attempts set pay_until = now() - interval '1 hour', next_check_at = now()
    where order_id = $1`,
    [order.orderId],
  );
  await payments.reconcile(100);
  await archived(order);
  // The cancel never arrived at the provider, say; the buyer's other tab pays.
  const intents = Object.values(till.sandbox.state.intents);
  const intent = intents.find((found) => found.metadata['order_id'] === order.orderId)!;
  intent.status = 'requires_payment_method';
  await payByCard(till, order.attempt.clientSecret!);
  await refresh(order);
  const attempt = await db.row('select state, fulfilment from payments.attempts where order_id = $1', [order.orderId]);
  assert.deepEqual(attempt, { state: 'captured', fulfilment: 'seats_gone' });
  assert.equal(refundedAt(order), order.totalCents);
  assert.deepEqual(await seatCounts(db, order.screeningId), { available: 50 });
});
