import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, letTimePass } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);
const { payments } = till;

const anOrder = async (options: { priceCents?: number } = {}) =>
  aHeldOrder(holder, (await aScreening(db, options)).screeningId, [1, 2]);
type Order = Awaited<ReturnType<typeof anOrder>>;

const orderState = async ({ orderId }: Order) =>
  (await db.row<{ state: string }>('select state from orders.orders where order_id = $1', [orderId]))!.state;
const attemptsOf = ({ orderId }: Order) =>
  db.rows<{ state: string; method: string; fulfilment: string | null }>(
    'select state, method, fulfilment from payments.attempts where order_id = $1 order by created_at',
    [orderId],
  );

const intentOf = ({ orderId }: Order) =>
  Object.values(till.sandbox.state.intents).find((one) => one.metadata['order_id'] === orderId);

async function started(order: Order, method: 'card' | 'pix' | 'paypal') {
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method });
  assert.ok(answer.outcome === 'started', answer.outcome);
  return answer.attempt;
}
const refresh = (order: Order, attemptId: string) => payments.refresh({ attemptId, buyerId: order.buyerId });

test('a card pays an order, and the return page sees it without any webhook', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  assert.equal(attempt.amountCents, order.totalCents);
  assert.equal((await payByCard(till, attempt.clientSecret!)).body.status, 'succeeded');
  assert.equal(await orderState(order), 'awaiting_payment', 'the browser proves nothing');
  assert.equal((await refresh(order, attempt.attemptId))!.state, 'captured');
  assert.equal(await orderState(order), 'paid');
});

test('a declined card leaves the order payable with the same attempt, and tells why', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  assert.equal((await payByCard(till, attempt.clientSecret!, '4000000000009995')).status, 402);
  const after = (await refresh(order, attempt.attemptId))!;
  assert.equal(after.state, 'requires_action');
  assert.equal(after.failureCode, 'insufficient_funds');
  assert.equal((await payByCard(till, attempt.clientSecret!)).status, 200);
  assert.equal((await refresh(order, attempt.attemptId))!.failureCode, null);
  assert.equal(await orderState(order), 'paid');
});

test('a Pix code ends before the seats do, and paying it pays the order', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'pix');
  assert.match(attempt.pix!.code, /^000201.*br\.gov\.bcb\.pix.*6304[0-9A-F]{4}$/);
  assert.match(attempt.pix!.qrSvg, /^<svg/);
  assert.ok(new Date(attempt.pix!.expiresAt) <= new Date(order.heldUntil));
  const intent = intentOf(order);
  await till.post(`/sandbox/pix/${intent!.id}/pay`);
  assert.equal((await refresh(order, attempt.attemptId))!.state, 'captured');
  assert.equal(await orderState(order), 'paid');
});

test('an expired Pix ends its attempt only: the order takes a new one', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'pix');
  const intent = intentOf(order);
  await till.post(`/sandbox/pix/${intent!.id}/expire`);
  assert.equal((await refresh(order, attempt.attemptId))!.state, 'expired');
  const again = await started(order, 'pix');
  assert.notEqual(again.attemptId, attempt.attemptId);
});

test('no Pix is offered when less of the hold is left than the shortest code lives', async () => {
  const order = await anOrder();
  await letTimePass(db, order.orderId, -50);
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'pix' });
  assert.equal(answer.outcome, 'pix_too_late');
  assert.deepEqual(await attemptsOf(order), []);
});

test('PayPal moves no money before the capture, and the capture pays the order', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  const capture = () => payments.capture({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  assert.equal((await capture()).outcome, 'not_approved');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  assert.equal((await refresh(order, attempt.attemptId))!.state, 'requires_action');
  assert.equal((await capture()).outcome, 'captured');
  assert.equal(await orderState(order), 'paid');
  assert.equal((await capture()).outcome, 'captured', 'again is the same answer');
});

test('a declined PayPal instrument can be tried again in the same window', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  const capture = () => payments.capture({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`, { declines: true });
  assert.deepEqual(await capture(), { outcome: 'declined', failureCode: 'instrument_declined' });
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  assert.equal((await capture()).outcome, 'captured');
});

test('a PayPal capture under review is not paid until it is completed', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/pend`);
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  assert.equal(
    (await payments.capture({ attemptId: attempt.attemptId, buyerId: order.buyerId })).outcome,
    'processing',
  );
  assert.equal(await orderState(order), 'awaiting_payment');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/decide`, { completed: true });
  assert.equal((await refresh(order, attempt.attemptId))!.state, 'captured');
  assert.equal(await orderState(order), 'paid');
});

test('a free order is paid at once and no provider hears of it', async () => {
  const order = await anOrder({ priceCents: 0 });
  const before = Object.keys(till.sandbox.state.intents).length;
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  assert.ok(answer.outcome === 'paid');
  assert.equal(answer.attempt.method, 'none');
  assert.equal(await orderState(order), 'paid');
  assert.equal(Object.keys(till.sandbox.state.intents).length, before);
});

test('starting again with the same method goes on with the same payment', async () => {
  const order = await anOrder();
  const first = await started(order, 'card');
  assert.deepEqual(await started(order, 'card'), first);
});

test('another method cancels the first at its provider before it begins', async () => {
  const order = await anOrder();
  const card = await started(order, 'card');
  await started(order, 'paypal');
  const intent = till.sandbox.state.intents[card.clientSecret!.split('_secret_')[0]!]!;
  assert.equal(intent.status, 'canceled');
  assert.deepEqual(
    (await attemptsOf(order)).map((row) => [row.method, row.state]),
    [
      ['card', 'cancelled'],
      ['paypal', 'requires_action'],
    ],
  );
});

test('changing the method after the money came is answered with the payment, not with a second one', async () => {
  const order = await anOrder();
  const card = await started(order, 'card');
  await payByCard(till, card.clientSecret!);
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'paypal' });
  assert.ok(answer.outcome === 'paid');
  assert.equal(answer.attempt.attemptId, card.attemptId);
  assert.equal(await orderState(order), 'paid');
  assert.equal((await attemptsOf(order)).length, 1);
});

test("somebody else's order, attempt or an unknown one is not found", async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  const stranger = await anOrder();
  const { buyerId } = stranger;
  assert.equal((await payments.start({ orderId: order.orderId, buyerId, method: 'card' })).outcome, 'order_unknown');
  assert.equal((await payments.capture({ attemptId: attempt.attemptId, buyerId })).outcome, 'attempt_unknown');
  assert.equal(await payments.refresh({ attemptId: attempt.attemptId, buyerId }), null);
  assert.equal((await payments.start({ orderId: 'x', buyerId, method: 'card' })).outcome, 'order_unknown');
});

test('an order whose hold is over cannot begin to be paid', async () => {
  const order = await anOrder();
  await letTimePass(db, order.orderId, 120);
  const answer = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  assert.equal(answer.outcome, 'order_expired');
});

test('two starts at once make one attempt and one payment at the provider', async () => {
  const order = await anOrder();
  const start = () => payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  const outcomes = (await Promise.all([start(), start(), start()])).map((answer) => answer.outcome);
  assert.ok(outcomes.includes('started'), outcomes.join());
  assert.ok(
    outcomes.every((outcome) => outcome === 'started' || outcome === 'payment_unresolved'),
    outcomes.join(),
  );
  assert.equal((await attemptsOf(order)).length, 1);
  const intents = Object.values(till.sandbox.state.intents).filter((one) => one.metadata['order_id'] === order.orderId);
  assert.equal(intents.length, 1);
});
