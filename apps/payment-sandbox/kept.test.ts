import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type SourceEdits, withEdits } from '#testing/without-guard';
import type * as SandboxModule from './sandbox.ts';
import { loadState } from './sandbox-state.ts';

// A provider does not forget what it has said. The file is read at the moment of the reply: what a kill -9 leaves.

const folder = await mkdtemp(join(tmpdir(), 'poltrona-sandbox-'));
after(() => rm(folder, { recursive: true, force: true }));

async function aSandbox(name: string, edits: SourceEdits = {}, stripeWebhookUrl: string | null = null) {
  const { startSandbox } = await withEdits<typeof SandboxModule>('apps/payment-sandbox', 'sandbox.ts', edits);
  return startSandbox({
    port: 0,
    host: '127.0.0.1',
    dataDir: join(folder, name),
    publicUrl: null,
    stripeSecretKey: 'sk_test_sandbox',
    stripePublishableKey: 'pk_test_sandbox',
    stripeWebhookSecret: 'whsec_sandbox',
    stripeWebhookUrl,
    paypalClientId: 'client',
    paypalClientSecret: 'secret',
    paypalWebhookId: 'WH-SANDBOX',
    paypalWebhookUrl: null,
    now: () => new Date(),
  });
}

async function payAndLookAtTheFile(name: string, edits: SourceEdits = {}) {
  const sandbox = await aSandbox(name, edits);
  const answer = await fetch(`${sandbox.url}/v1/payment_intents`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_sandbox', 'idempotency-key': 'key-1' },
    body: new URLSearchParams({ amount: '5000', currency: 'brl', confirm: 'true', payment_method: 'pm_card_visa' }),
  });
  const { id } = (await answer.json()) as { id: string };
  const kept = await loadState(join(folder, name));
  await sandbox.close();
  return { intent: kept.intents[id]?.status, answer: kept.stripeAnswers['key-1']?.status };
}

test('a payment and the answer to its key are in the file before the reply leaves', async () => {
  assert.deepEqual(await payAndLookAtTheFile('kept'), { intent: 'succeeded', answer: 200 });
});

test('control: without waiting for the file, a kill after the reply would undo the payment', async () => {
  const guard = `method === 'POST' ? saver.saved() : undefined`;
  const seen = await payAndLookAtTheFile('unkept', { 'sandbox.ts': [[guard, 'undefined']] });
  assert.deepEqual(seen, { intent: undefined, answer: undefined });
});

/** A sandbox that ended before its event left, and its successor on the same file. */
async function startAfterUnsentEvent(name: string, edits: SourceEdits = {}) {
  const first = await aSandbox(name);
  first.stripe.tell('payment_intent.succeeded', { id: 'pi_1' } as never);
  await first.close();
  // Nobody listens there: the event goes out, and does not arrive.
  const second = await aSandbox(name, edits, 'http://127.0.0.1:9/stripe');
  await second.webhooks.settled();
  const tries = second.state.deliveries.map((delivery) => delivery.tries);
  await second.close();
  return tries;
}

test('an event that had not left goes out after the next start', async () => {
  assert.deepEqual(await startAfterUnsentEvent('events'), [1]);
});

test('control: without resuming it would never be told', async () => {
  assert.deepEqual(await startAfterUnsentEvent('silent', { 'sandbox.ts': [['  webhooks.resume();\n', '']] }), [0]);
});
