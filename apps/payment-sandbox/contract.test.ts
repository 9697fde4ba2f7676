import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { createPaypalProvider, createStripeProvider } from '#capabilities/payments';
import { newShardedId } from '#platform/ids';
import { startSandbox } from './sandbox.ts';
import { decodeForm } from './stripe/form.ts';

// What the sandbox answers, and what the product asks, against the providers' own published descriptions.

const SPECS = join(import.meta.dirname, '../../../shared/specs');
const options = { skip: existsSync(SPECS) ? false : 'needs ../shared' };

const calls: { method: string; path: string; body: string }[] = [];
const sandbox = await startSandbox({
  onCall: (call) => calls.push(call),
  port: 0,
  host: '127.0.0.1',
  dataDir: null,
  publicUrl: null,
  stripeSecretKey: 'sk_test_contract',
  stripePublishableKey: 'pk_test_contract',
  stripeWebhookSecret: 'whsec_contract',
  stripeWebhookUrl: null,
  paypalClientId: 'client',
  paypalClientSecret: 'secret',
  paypalWebhookId: 'WH-CONTRACT',
  paypalWebhookUrl: null,
  now: () => new Date(),
});
after(() => sandbox.close());

type Json = Record<string, unknown>;

async function stripe(method: string, path: string, form?: Record<string, string>) {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: { authorization: 'Bearer sk_test_contract' },
    ...(form ? { body: new URLSearchParams(form) } : {}),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
}

async function paypal(method: string, path: string, body?: Json) {
  const basic = Buffer.from('client:secret').toString('base64');
  const token = await fetch(`${sandbox.url}/v1/oauth2/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: bearer } = (await token.json()) as { access_token: string };
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, prefer: 'return=representation', 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

function stripeChecker(forRequests = false) {
  const spec = JSON.parse(readFileSync(join(SPECS, 'stripe.openapi.json'), 'utf8')) as Json;
  // Form bodies are text: numbers and switches are read as Stripe reads them.
  const ajv = new Ajv2020({ strict: false, allErrors: true, coerceTypes: forRequests });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv as unknown as Ajv);
  ajv.addSchema({ ...spec, $id: 'stripe' });
  return (name: string, object: unknown) => {
    const check = ajv.getSchema(`stripe#/components/schemas/${name}`)!;
    assert.ok(check(object), `${name}: ${ajv.errorsText(check.errors)}`);
  };
}

function paypalChecker(file: string) {
  const spec = JSON.parse(readFileSync(join(SPECS, 'paypal', file), 'utf8')) as Json;
  const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false, logger: false });
  (addFormats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addSchema({ ...spec, $id: file });
  return (name: string, object: unknown) => {
    const check = ajv.getSchema(`${file}#/components/schemas/${name}`)!;
    assert.ok(check(object), `${name}: ${ajv.errorsText(check.errors)}`);
  };
}

const PIX = {
  amount: '7040',
  currency: 'brl',
  'allowed_payment_method_types[0]': 'pix',
  'payment_method_data[type]': 'pix',
  'payment_method_options[pix][expires_after_seconds]': '400',
  'metadata[attempt_id]': 'a',
  confirm: 'true',
};
const CARD = { amount: '7040', currency: 'brl', 'allowed_payment_method_types[0]': 'card' };

test('every Stripe object that the sandbox makes fits the published schema', options, async () => {
  const fits = stripeChecker();
  const pix = await stripe('POST', '/v1/payment_intents', PIX);
  fits('PaymentIntent', pix.body);
  const card = await stripe('POST', '/v1/payment_intents', CARD);
  fits('PaymentIntent', card.body);
  const id = card.body['id'] as string;
  const declined = await stripe('POST', `/v1/payment_intents/${id}/confirm`, {
    payment_method: 'pm_card_visa_chargeDeclined',
  });
  assert.equal(declined.status, 402);
  fits('ErrorEnvelope', declined.body);
  fits('PaymentIntent', (await stripe('GET', `/v1/payment_intents/${id}`)).body);
  const paid = await stripe('POST', `/v1/payment_intents/${id}/confirm`, { payment_method: 'pm_card_visa' });
  fits('PaymentIntent', paid.body);
  fits('Charge', (await stripe('GET', `/v1/charges/${paid.body['latest_charge'] as string}`)).body);
  fits('Refund', (await stripe('POST', '/v1/refunds', { payment_intent: id, amount: '100' })).body);
  fits('PaymentIntent', (await stripe('GET', `/v1/payment_intents/${id}?expand[0]=latest_charge.refunds`)).body);
  const other = await stripe('POST', '/v1/payment_intents', CARD);
  fits('PaymentIntent', (await stripe('POST', `/v1/payment_intents/${other.body['id'] as string}/cancel`, {})).body);
  fits('ErrorEnvelope', (await stripe('GET', '/v1/payment_intents/pi_none')).body);
  const events = (await stripe('GET', '/v1/events')).body['data'] as Json[];
  assert.ok(events.length > 5);
  for (const event of events) fits('Event', event);
});

test('the checker is no rubber stamp: an object with a wrong or missing field is refused', options, async () => {
  const fits = stripeChecker();
  const { body } = await stripe('POST', '/v1/payment_intents', CARD);
  assert.throws(() => fits('PaymentIntent', { ...body, amount: '7040' }));
  const { client_secret: _secret, ...rest } = body;
  assert.throws(() => fits('PaymentIntent', rest));
});

test('every PayPal object that the sandbox makes fits the published schema', options, async () => {
  const fits = paypalChecker('checkout_orders_v2.json');
  const paymentFits = paypalChecker('payments_payment_v2.json');
  const unit = {
    reference_id: 'default',
    custom_id: 'a',
    invoice_id: 'a',
    amount: { currency_code: 'BRL', value: '70.40' },
  };
  const asked = { intent: 'CAPTURE', purchase_units: [unit], payment_source: { paypal: {} } };
  fits('order_request', asked);
  const made = await paypal('POST', '/v2/checkout/orders', asked);
  assert.equal(made.status, 201);
  fits('order', made.body);
  const id = made.body['id'] as string;
  const early = await paypal('POST', `/v2/checkout/orders/${id}/capture`, {});
  assert.equal(early.status, 422);
  fits('error_422', early.body);
  const published = readFileSync(join(SPECS, 'paypal/checkout_orders_v2.json'), 'utf8');
  const [detail] = early.body['details'] as { issue: string }[];
  assert.ok(published.includes(`"${detail!.issue}"`), 'an issue that PayPal knows');
  await fetch(`${sandbox.url}/sandbox/paypal/${id}/approve`, { method: 'POST' });
  fits('order', (await paypal('GET', `/v2/checkout/orders/${id}`)).body);
  const captured = await paypal('POST', `/v2/checkout/orders/${id}/capture`, {});
  fits('order', captured.body);
  const units = captured.body['purchase_units'] as { payments: { captures: Json[] } }[];
  const captureId = units[0]!.payments.captures[0]!['id'] as string;
  paymentFits('capture', (await paypal('GET', `/v2/payments/captures/${captureId}`)).body);
  const refund = await paypal('POST', `/v2/payments/captures/${captureId}/refund`, {});
  paymentFits('refund', refund.body);
  fits('order', (await paypal('GET', `/v2/checkout/orders/${id}`)).body);
});

const aRequest = (method: 'card' | 'pix' | 'paypal') => {
  const attemptId = newShardedId(7);
  return {
    attemptId,
    orderId: newShardedId(7),
    screeningId: 7,
    method,
    amountCents: 7040,
    idempotencyKey: attemptId,
    pixExpiresAfterSeconds: method === 'pix' ? 400 : null,
    createdAt: new Date(),
  };
};
const called = (path: RegExp) => calls.findLast((call) => call.method === 'POST' && path.test(call.path))!.body;

test('every request that the product sends to Stripe fits the published schema', options, async () => {
  const fits = stripeChecker(true);
  const provider = createStripeProvider({ secretKey: 'sk_test_contract', webhookSecret: 'whsec', apiUrl: sandbox.url });
  for (const method of ['card', 'pix'] as const) {
    const made = await provider.createPayment(aRequest(method));
    assert.ok(made.kind === 'done');
    fits('PaymentIntentCreateParams', decodeForm(called(/payment_intents$/)));
    const { providerPaymentId } = made.value;
    if (method === 'pix') await fetch(`${sandbox.url}/sandbox/pix/${providerPaymentId}/pay`, { method: 'POST' });
    else await provider.cancelPayment(providerPaymentId, 'cancel');
    const refundId = newShardedId(7);
    const keys = { refundId, attemptId: refundId, idempotencyKey: refundId };
    await provider.refund({ ...keys, providerPaymentId, providerCaptureId: null, amountCents: 10 });
  }
  fits('PaymentIntentCancelParams', decodeForm(called(/\/cancel$/)));
  fits('RefundCreateParams', decodeForm(called(/refunds$/)));
  assert.throws(() => fits('RefundCreateParams', { ...decodeForm(called(/refunds$/)), amuont: '1' }), 'twin: a slip');
});

test('every request that the product sends to PayPal fits the published schema', options, async () => {
  const fits = paypalChecker('checkout_orders_v2.json');
  const refundFits = paypalChecker('payments_payment_v2.json');
  const provider = createPaypalProvider(
    {
      clientId: 'client',
      clientSecret: 'secret',
      webhookId: 'WH-CONTRACT',
      apiUrl: sandbox.url,
      certificateUrlPrefixes: [],
      returnUrl: 'https://poltrona.example/pedidos',
    },
    { now: () => new Date() },
  );
  const made = await provider.createPayment(aRequest('paypal'));
  assert.ok(made.kind === 'done');
  const asked = JSON.parse(called(/orders$/)) as Json;
  fits('order_request', asked);
  assert.throws(() => fits('order_request', { ...asked, intent: 'GIVE' }), 'twin: a wrong word');
  const orderId = made.value.providerPaymentId;
  await fetch(`${sandbox.url}/sandbox/paypal/${orderId}/approve`, { method: 'POST' });
  const captured = await provider.capturePayment(orderId, 'capture');
  assert.ok(captured.kind === 'done');
  const refundId = newShardedId(7);
  const { providerPaymentId, providerCaptureId } = captured.value;
  const ids = { refundId, attemptId: refundId, providerPaymentId, providerCaptureId, idempotencyKey: refundId };
  assert.equal((await provider.refund({ ...ids, amountCents: 1000 })).kind, 'done');
  refundFits('refund_request', JSON.parse(called(/\/refund$/)));
});
