import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, test } from 'node:test';
import Stripe from 'stripe';
import { newShardedId } from '#platform/ids';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aTill, payByCard, type Till } from '#testing/paying';
import { createSigningIdentity } from '../../apps/payment-sandbox/paypal/certificate.ts';
import { createPaypalSigner } from '../../apps/payment-sandbox/paypal/paypal-signer.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db, { webhooks: true });

const anOrder = async () => aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
type Order = Awaited<ReturnType<typeof anOrder>>;

const orderState = async ({ orderId }: Order) =>
  (await db.row<{ state: string }>('select state from orders.orders where order_id = $1', [orderId]))!.state;
const factsOf = async ({ orderId }: Order, topic: string) =>
  (await db.rows(`select 1 from outbox.messages where topic = $2 and payload ->> 'orderId' = $1`, [orderId, topic]))
    .length;
const eventsOf = (type: string, mention: string) =>
  db.rows<{ event_id: string; result: string | null; raw_body: string }>(
    'select event_id, result, raw_body from payments.provider_events where event_type = $1 and raw_body like $2',
    [type, `%${mention}%`],
  );

async function started(order: Order, method: 'card' | 'pix' | 'paypal', at: Till = till) {
  const answer = await at.payments.start({ orderId: order.orderId, buyerId: order.buyerId, method });
  assert.ok(answer.outcome === 'started', answer.outcome);
  return answer.attempt;
}

/** Webhooks come by themselves; this waits for the last one, retries included. */
async function until(condition: () => Promise<boolean>) {
  for (let i = 0; i < 200; i += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('it never came true');
}

const fault = (body: object) => till.post('/sandbox/faults', { kind: 'webhook', ...body });

test('a webhook alone pays the order: the buyer never came back', async () => {
  const order = await anOrder();
  await payByCard(till, (await started(order, 'card')).clientSecret!);
  await until(async () => (await orderState(order)) === 'paid');
});

test('a PayPal webhook, signed with its certificate, pays the order', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'paypal');
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/pend`);
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/approve`);
  await till.payments.capture({ attemptId: attempt.attemptId, buyerId: order.buyerId });
  await till.post(`/sandbox/paypal/${attempt.paypalOrderId!}/decide`, { completed: true });
  await until(async () => (await orderState(order)) === 'paid');
});

test('the same event twice, and again days later, has one effect', async () => {
  const order = await anOrder();
  await fault({ match: 'payment_intent.succeeded', effect: 'duplicate' });
  const attempt = await started(order, 'card');
  await payByCard(till, attempt.clientSecret!);
  await until(async () => (await orderState(order)) === 'paid');
  await till.sandbox.webhooks.settled();
  const [event] = await eventsOf('payment_intent.succeeded', attempt.attemptId);
  till.answers.length = 0;
  await till.post(`/sandbox/webhooks/${event!.event_id}/resend`);
  await till.sandbox.webhooks.settled();
  assert.deepEqual(till.answers, ['duplicate']);
  assert.equal(await factsOf(order, 'order_paid'), 1);
  assert.equal((await eventsOf('payment_intent.succeeded', attempt.attemptId)).length, 1);
});

test('events in the wrong order end in the state of the object, not of the last event', async () => {
  const order = await anOrder();
  for (const match of ['payment_intent.created', 'payment_intent.payment_failed', 'payment_intent.succeeded']) {
    await fault({ match, effect: 'hold_back' });
  }
  const attempt = await started(order, 'card');
  await payByCard(till, attempt.clientSecret!, '4000000000000002');
  await payByCard(till, attempt.clientSecret!);
  await till.post('/sandbox/webhooks/release');
  await till.sandbox.webhooks.settled();
  assert.equal(await orderState(order), 'paid');
  assert.equal(await factsOf(order, 'order_paid'), 1);
});

test('refunded before it was ever seen as paid: no ticket for money that is gone', async () => {
  const order = await anOrder();
  await fault({ match: 'succeeded', effect: 'drop', times: 2 });
  const attempt = await started(order, 'card');
  await payByCard(till, attempt.clientSecret!);
  const id = attempt.clientSecret!.split('_secret_')[0]!;
  await till.post(`/sandbox/stripe/${id}/refund`);
  await till.sandbox.webhooks.settled();
  assert.notEqual(await orderState(order), 'paid');
  const row = await db.row<{ fulfilment: string }>('select fulfilment from payments.attempts where attempt_id = $1', [
    attempt.attemptId,
  ]);
  assert.equal(row!.fulfilment, 'refunded_before');
});

test('a forged signature is refused and leaves no row; the true one, resent, is taken', async () => {
  const order = await anOrder();
  await fault({ match: 'succeeded', effect: 'break_signature', times: 2 });
  const attempt = await started(order, 'card');
  till.answers.length = 0;
  await payByCard(till, attempt.clientSecret!);
  await till.sandbox.webhooks.settled();
  assert.ok(till.answers.includes('forged'));
  await until(async () => (await orderState(order)) === 'paid');
});

test('a Stripe signature of an hour ago is refused even though it is genuine', async () => {
  const order = await anOrder();
  const attempt = await started(order, 'card');
  await till.sandbox.webhooks.settled();
  const [event] = await eventsOf('payment_intent.created', attempt.attemptId);
  const raw = Buffer.from(event!.raw_body.replace(event!.event_id, 'evt_old'));
  const signed = (seconds: number) => {
    const v1 = createHmac('sha256', till.keys.stripeWebhookSecret).update(`${seconds}.`).update(raw).digest('hex');
    return { 'stripe-signature': `t=${seconds},v1=${v1}` };
  };
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await till.payments.handleStripeEvent(raw, signed(now - 3600)), 'forged');
  assert.equal(await till.payments.handleStripeEvent(raw, signed(now)), 'processed', 'twin: only the age differed');
});

test('one changed byte, a missing header or a header given twice is a forgery', async () => {
  const raw = Buffer.from('{"id":"evt_x","object":"event","type":"payment_intent.succeeded","data":{"object":{}}}');
  const header = new Stripe('sk_test_x').webhooks.generateTestHeaderString({
    payload: raw.toString(),
    secret: till.keys.stripeWebhookSecret,
  });
  const handle = till.payments.handleStripeEvent;
  assert.equal(await handle(Buffer.concat([raw, Buffer.from(' ')]), { 'stripe-signature': header }), 'forged');
  assert.equal(await handle(raw, {}), 'forged');
  assert.equal(await handle(raw, { 'stripe-signature': [header, header] }), 'forged');
  assert.equal(await handle(raw, { 'stripe-signature': header }), 'processed');
});

test("a PayPal message is refused with an attacker's certificate, from elsewhere, expired, or with changed bytes", async () => {
  const raw = '{"id":"WH-1","event_type":"CUSTOMER.SOMETHING","resource":{}}';
  const handle = (headers: Record<string, string>, body = raw) =>
    till.payments.handlePaypalEvent(Buffer.from(body), headers);
  const genuine = till.sandbox.signer.sign(raw);
  assert.equal(await handle(genuine, `${raw} `), 'forged');
  assert.equal(await handle({ ...genuine, 'paypal-cert-url': 'https://evil.example/cert.pem' }), 'forged');
  const { host } = new URL(till.sandbox.url);
  assert.equal(
    await handle({ ...genuine, 'paypal-cert-url': `http://${host}@evil.example/v1/notifications/certs/x` }),
    'forged',
  );
  assert.equal(await handle({ ...genuine, 'paypal-auth-algo': 'SHA1withRSA' }), 'forged');
  const attacker = createPaypalSigner(createSigningIdentity(new Date()), {
    webhookId: till.keys.paypalWebhookId,
    url: () => till.sandbox.url,
    now: () => new Date(),
  });
  const forged = { ...attacker.sign(raw), 'paypal-cert-url': genuine['paypal-cert-url']! };
  assert.equal(await handle(forged), 'forged');
  assert.equal(await handle(genuine), 'processed', 'twin: only the signature differed');
});

test('an event that comes before its attempt is kept, answered 503, and applied when the attempt is there', async () => {
  const quiet = await aTill(db);
  const order = await anOrder();
  const attemptId = newShardedId(order.screeningId);
  const intent = await stripeAt(quiet).paymentIntents.create({
    amount: order.totalCents,
    currency: 'brl',
    allowed_payment_method_types: ['card'],
    metadata: { attempt_id: attemptId, order_id: order.orderId, method: 'card' },
  });
  await payByCard(quiet, intent.client_secret!);
  const payload = quiet.sandbox.state.deliveries.findLast((one) => one.type === 'payment_intent.succeeded')!.body;
  const signature = stripeAt(quiet).webhooks.generateTestHeaderString({
    payload,
    secret: quiet.keys.stripeWebhookSecret,
  });
  const arrive = () => quiet.payments.handleStripeEvent(Buffer.from(payload), { 'stripe-signature': signature });
  assert.equal(await arrive(), 'not_yet');
  assert.equal(await arrive(), 'not_yet', 'kept is not done');
  await db.rows(
    `insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, amount_cents, state,
       idempotency_key, pay_until, next_check_at, correlation_id)
     values ($1, $2, $3, $4, 'stripe', 'card', $5, 'submitted', 'early', now() + interval '5 minutes', 'infinity', $6)`,
    [order.screeningId, attemptId, order.orderId, order.buyerId, order.totalCents, order.correlationId],
  );
  await db.rows(`update payments.provider_events set next_try_at = now() where processed_at is null`);
  assert.equal((await quiet.payments.reconcile(100)).events, 1);
  assert.equal(await orderState(order), 'paid');
  assert.equal(await arrive(), 'duplicate');
});

function stripeAt({ keys, sandbox }: Till) {
  const { hostname: host, port } = new URL(sandbox.url);
  return new Stripe(keys.stripeSecretKey, { host, port, protocol: 'http', telemetry: false });
}

test('events about nothing of ours are kept and left alone', async () => {
  const intent = await stripeAt(till).paymentIntents.create({
    amount: 500,
    currency: 'brl',
    metadata: { other: 'shop' },
  });
  await until(async () => (await eventsOf('payment_intent.created', intent.id))[0]?.result === 'not_ours');
});
