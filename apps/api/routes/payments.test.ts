import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PaymentAttempt } from '#contracts/payments';
import { newId, newShardedId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { aScreening, ID_BEYOND_INT4 } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { registerPaymentRoutes } from './payments.ts';
import { registerWebhookRoutes } from './webhooks.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);

const anOrder = async () => aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);

async function anApi(buyerId: string) {
  const session = { sessionId: newId(), accountId: buyerId, role: 'buyer' as const, buyerKey: Buffer.alloc(16, 1) };
  const boss = { ...session, accountId: newId(), role: 'manager' as const };
  const api = await testApi({ ana: session, boss }, (server) => {
    registerPaymentRoutes(server, { db, payments: till.payments });
    registerWebhookRoutes(server, { payments: till.payments });
  });
  after(() => api.close());
  const post = (name: string, url: string, payload?: object, key = newId()) =>
    api.inject({
      method: 'POST',
      url,
      cookies: as(name),
      headers: { 'idempotency-key': key },
      ...(payload ? { payload } : {}),
    });
  return { api, post };
}

test('start, pay, refresh and refund over HTTP; a refund by a buyer is refused', async () => {
  const order = await anOrder();
  const { post } = await anApi(order.buyerId);
  const started = await post('ana', `/api/orders/${order.orderId}/payments`, { method: 'card' });
  assert.equal(started.statusCode, 201);
  const attempt = started.json<PaymentAttempt>();
  await payByCard(till, attempt.clientSecret!);
  const refreshed = await post('ana', `/api/payments/${attempt.attemptId}/refresh`);
  assert.equal(refreshed.json<PaymentAttempt>().state, 'captured');
  const refund = `/api/admin/orders/${order.orderId}/refund`;
  assert.equal((await post('ana', refund, { reason: 'x' })).statusCode, 403);
  const refunded = await post('boss', refund, { reason: 'projector broken' });
  assert.equal(refunded.statusCode, 200);
  assert.equal(refunded.json<{ state: string }>().state, 'refunded');
  assert.equal(refunded.json<{ refundedCents: number }>().refundedCents, order.totalCents);
});

test('the same key answers the same bytes, another body is refused, and nothing is paid twice', async () => {
  const order = await anOrder();
  const { post } = await anApi(order.buyerId);
  const url = `/api/orders/${order.orderId}/payments`;
  const key = newId();
  const first = await post('ana', url, { method: 'card' }, key);
  const again = await post('ana', url, { method: 'card' }, key);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal(again.body, first.body);
  assert.equal((await post('ana', url, { method: 'pix' }, key)).statusCode, 422);
});

test('bad input is a clear 4xx: no key, no session, unknown ids, ids of impossible screenings, other methods', async () => {
  const order = await anOrder();
  const { api, post } = await anApi(order.buyerId);
  const url = `/api/orders/${order.orderId}/payments`;
  const withoutKey = await api.inject({ method: 'POST', url, cookies: as('ana'), payload: { method: 'card' } });
  assert.equal(withoutKey.statusCode, 400);
  assert.equal((await post('nobody', url, { method: 'card' })).statusCode, 401);
  assert.equal((await post('ana', url, { method: 'boleto' })).statusCode, 422);
  for (const id of [newId(), ID_BEYOND_INT4, newShardedId(1)]) {
    assert.equal((await post('ana', `/api/orders/${id}/payments`, { method: 'card' })).statusCode, 404, id);
    assert.equal((await post('ana', `/api/payments/${id}/refresh`)).statusCode, 404, id);
    assert.equal((await post('ana', `/api/payments/${id}/capture`)).statusCode, 404, id);
    assert.ok([404, 409].includes((await post('boss', `/api/admin/orders/${id}/refund`, { reason: 'x' })).statusCode));
  }
  assert.equal((await post('ana', '/api/orders/x/payments', { method: 'card' })).statusCode, 422);
});

test('a webhook without a right signature is 400 whatever its body, and JSON elsewhere is still parsed', async () => {
  const order = await anOrder();
  const { api, post } = await anApi(order.buyerId);
  for (const url of ['/api/webhooks/stripe', '/api/webhooks/paypal']) {
    for (const payload of ['', 'not json', '{"id":"evt_1","type":"payment_intent.succeeded"}']) {
      const headers = { 'content-type': 'application/json', 'stripe-signature': 't=1,v1=00' };
      const answer = await api.inject({ method: 'POST', url, headers, payload });
      assert.equal(answer.statusCode, 400, `${url} ${payload}`);
    }
    const large = await api.inject({ method: 'POST', url, payload: Buffer.alloc(300_000, 32) });
    assert.equal(large.statusCode, 413);
  }
  assert.equal((await db.rows('select 1 from payments.provider_events')).length, 0);
  assert.equal((await post('ana', `/api/orders/${order.orderId}/payments`, { method: 'card' })).statusCode, 201);
});

test('a provider that does not answer is 503 with Retry-After, is not kept, and the same key works later', async () => {
  const order = await anOrder();
  const { post } = await anApi(order.buyerId);
  const url = `/api/orders/${order.orderId}/payments`;
  const key = newId();
  await till.post('/sandbox/faults', { kind: 'call', match: 'POST /v1/payment_intents', effect: 'fail_before' });
  const failed = await post('ana', url, { method: 'card' }, key);
  assert.equal(failed.statusCode, 503);
  assert.ok(failed.headers['retry-after']);
  assert.equal((await post('ana', url, { method: 'card' }, key)).statusCode, 201);
});

test('one key sent four times at once is one payment; who comes too early hears 409, the others the same bytes', async () => {
  const order = await anOrder();
  const { post } = await anApi(order.buyerId);
  const key = newId();
  const send = () => post('ana', `/api/orders/${order.orderId}/payments`, { method: 'card' }, key);
  const answers = await Promise.all([send(), send(), send(), send()]);
  const made = answers.filter((answer) => answer.statusCode === 201);
  assert.ok(made.length >= 1);
  assert.equal(new Set(made.map((answer) => answer.body)).size, 1);
  assert.ok(answers.every((answer) => answer.statusCode === 201 || answer.statusCode === 409));
  const attempts = await db.rows('select 1 from payments.attempts where order_id = $1', [order.orderId]);
  assert.equal(attempts.length, 1);
});

test('one address may start, capture and refresh 120 times a minute each, others go on', async () => {
  const order = await anOrder();
  const { api } = await anApi(order.buyerId);
  const unknown = newShardedId(1);
  const paths = [
    `/api/orders/${unknown}/payments`,
    `/api/payments/${unknown}/capture`,
    `/api/payments/${unknown}/refresh`,
  ];
  for (const url of paths) {
    const send = async (remoteAddress: string) => {
      const headers = { 'idempotency-key': newId() };
      const payload = url.endsWith('payments') ? { payload: { method: 'card' } } : {};
      return api.inject({ method: 'POST', url, cookies: as('ana'), headers, remoteAddress, ...payload });
    };
    for (let call = 0; call < 120; call += 1) assert.equal((await send('203.0.113.7')).statusCode, 404);
    const refused = await send('203.0.113.7');
    assert.equal(refused.statusCode, 429, url);
    assert.ok(refused.headers['retry-after']);
    assert.equal((await send('203.0.113.8')).statusCode, 404);
  }
});
