import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import Stripe from 'stripe';
import { systemClock } from '#platform/clock';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { editedPayments } from '#testing/unguarded-payments';
import { type SourceEdits, withEdits } from '#testing/without-guard';
import type * as VerifierModule from './paypal/paypal-verifier.ts';
import { createSigningIdentity } from '../../apps/payment-sandbox/paypal/certificate.ts';
import { createPaypalSigner } from '../../apps/payment-sandbox/paypal/paypal-signer.ts';

// What is believed of an event, what it costs to hear it again, and what is kept of it.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);

const anOrder = async () => aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);

/** One success told twenty times more. Answers how many readings at the provider and how many sales that made. */
async function toldTwentyTimesMore(edits: SourceEdits) {
  let reads = 0;
  const readPayment = (id: string) => {
    reads += 1;
    return till.stripe.readPayment(id);
  };
  const payments = await editedPayments(db, { ...till, stripe: { ...till.stripe, readPayment } }, edits);
  const order = await anOrder();
  const started = await payments.start({ orderId: order.orderId, buyerId: order.buyerId, method: 'card' });
  assert.ok(started.outcome === 'started');
  await payByCard(till, started.attempt.clientSecret!);
  const payload = till.sandbox.state.deliveries.findLast((one) => one.type === 'payment_intent.succeeded')!.body;
  const secret = till.keys.stripeWebhookSecret;
  const signature = new Stripe('sk_test_x').webhooks.generateTestHeaderString({ payload, secret });
  const arrive = () => payments.handleStripeEvent(Buffer.from(payload), { 'stripe-signature': signature });
  assert.equal(await arrive(), 'processed');
  reads = 0;
  for (let again = 0; again < 20; again += 1) await arrive();
  const sales = await db.rows(
    `select 1 from outbox.messages where topic = 'order_paid' and payload ->> 'orderId' = $1`,
    [order.orderId],
  );
  return { reads, sales: sales.length };
}

test('an event heard twenty times more costs no reading at the provider, and sells once', async () => {
  assert.deepEqual(await toldTwentyTimesMore({}), { reads: 0, sales: 1 });
});

test('control: without the memory of events each costs a reading; the object still sells once', async () => {
  const forgetful = { 'receive-event.ts': [["if (known?.processed) return 'duplicate';", '']] } as const;
  assert.deepEqual(await toldTwentyTimesMore(forgetful), { reads: 20, sales: 1 });
});

/**
 * An attacker who owns a certificate of a trusted authority, as anybody can buy one, names its own address for it.
 * Answers whether the message was believed and how often our server could be made to call there.
 */
async function signedByAnyCustomer(createPaypalVerifier: typeof VerifierModule.createPaypalVerifier) {
  const attacker = createSigningIdentity(new Date());
  let called = 0;
  const server = createServer((_request, response) => {
    called += 1;
    response.end(attacker.certificatePem);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-roots-'));
  const certificateAuthorityFile = join(folder, 'roots.pem');
  await writeFile(certificateAuthorityFile, till.sandbox.authorityPem + attacker.authorityPem);
  const webhookId = till.keys.paypalWebhookId;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const signer = createPaypalSigner(attacker, { webhookId, url: () => url, now: () => new Date() });
  const certificateUrlPrefixes = [`${till.sandbox.url}/v1/notifications/certs/`];
  const verifier = createPaypalVerifier({ webhookId, certificateUrlPrefixes, certificateAuthorityFile }, systemClock);
  const raw = '{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{}}';
  try {
    return { believed: await verifier.isGenuine(Buffer.from(raw), signer.sign(raw)), called };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const verifierWith = (edits: SourceEdits) =>
  withEdits<typeof VerifierModule>('capabilities/payments', 'paypal/paypal-verifier.ts', edits);

test('a certificate is only fetched from listed places, however trusted its chain', async () => {
  const { createPaypalVerifier } = await verifierWith({});
  assert.deepEqual(await signedByAnyCustomer(createPaypalVerifier), { believed: false, called: 0 });
});

test('control: without the list of places our server calls the attacker and believes the message', async () => {
  const { createPaypalVerifier } = await verifierWith({
    'paypal/paypal-verifier.ts': [['if (!isAllowed(url, settings.certificateUrlPrefixes)) return false;', '']],
  });
  assert.deepEqual(await signedByAnyCustomer(createPaypalVerifier), { believed: true, called: 1 });
});

test('what is kept of an event names nobody, and says the same when it is read again', async () => {
  const order = await anOrder();
  const { payments } = till;
  const { orderId, buyerId } = order;
  const started = await payments.start({ orderId, buyerId, method: 'paypal' });
  assert.ok(started.outcome === 'started');
  await till.post(`/sandbox/paypal/${started.attempt.paypalOrderId!}/approve`);
  await payments.capture({ attemptId: started.attempt.attemptId, buyerId });
  await payments.refund({ orderId, amountCents: null, reason: 'x', requestedBy: buyerId, requestKey: 'kept' });
  const bodies = till.sandbox.state.deliveries.map((one) => one.body);
  const told = bodies.filter((body) => body.includes('comprador@poltrona.example'));
  assert.ok(told.length > 0, 'twin: PayPal does say who pays');
  for (const raw of bodies) {
    const provider = raw.includes('"event_type"') ? till.paypal : till.stripe;
    const event = provider.parseEvent(raw);
    assert.deepEqual(provider.parseEvent(event.kept), event);
    if (provider.name !== 'paypal') continue;
    await payments.handlePaypalEvent(Buffer.from(raw), till.sandbox.signer.sign(raw));
    const row = await db.row<{ kept: string }>(
      'select raw_body as kept from payments.provider_events where event_id = $1',
      [event.eventId],
    );
    assert.equal(row!.kept, event.kept);
    assert.doesNotMatch(row!.kept, /payer|email|@|address|name|amount/i);
  }
});

test('what Stripe says of a card holder is not kept either', () => {
  const person = { name: 'Ana Souza', email: 'ana@example.com', address: { city: 'Recife' } };
  const event = till.stripe.parseEvent(
    JSON.stringify({
      id: 'evt_1',
      type: 'charge.succeeded',
      created: 1,
      data: {
        object: {
          id: 'ch_1',
          object: 'charge',
          payment_intent: { id: 'pi_1', receipt_email: person.email },
          billing_details: person,
          metadata: { attempt_id: 'a', order_id: 'o', note: person.name },
        },
      },
    }),
  );
  assert.equal(event.paymentId, 'pi_1');
  assert.doesNotMatch(event.kept, /Ana|example\.com|Recife/);
});
