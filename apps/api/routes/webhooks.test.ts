import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Payments } from '#capabilities/payments';
import { Fault } from '#platform/fault';
import { testApi } from '#testing/api';
import { registerWebhookRoutes } from './webhooks.ts';

test('a provider that is told of too much at once hears 503 and when to come again, and 200 once there is room', async () => {
  let isFull = true;
  const handleStripeEvent: Payments['handleStripeEvent'] = async () => {
    if (isFull) throw new Fault('overloaded', { retryable: true });
    return 'processed';
  };
  const payments = { handleStripeEvent, handlePaypalEvent: handleStripeEvent } as Payments;
  const api = await testApi({}, (on) => registerWebhookRoutes(on, { payments }));
  const tell = () => api.inject({ method: 'POST', url: '/api/webhooks/stripe', payload: '{}' });
  const refused = await tell();
  assert.equal(refused.statusCode, 503);
  assert.equal((refused.json() as { code: string }).code, 'overloaded');
  assert.ok(Number(refused.headers['retry-after']) > 0);
  isFull = false;
  assert.equal((await tell()).statusCode, 200);
  await api.close();
});
