import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import Stripe from 'stripe';
import { startSandbox } from './sandbox.ts';
import { decodeForm } from './stripe/form.ts';
import { crc16, pixCode } from './stripe/pix-code.ts';
import { isLuhn } from './stripe/stripe-routes.ts';

const SETTINGS = {
  port: 0,
  host: '127.0.0.1',
  dataDir: null as string | null,
  publicUrl: null,
  stripeSecretKey: 'sk_test_sandbox',
  stripePublishableKey: 'pk_test_sandbox',
  stripeWebhookSecret: 'whsec_sandbox',
  stripeWebhookUrl: null,
  paypalClientId: 'client',
  paypalClientSecret: 'secret',
  paypalWebhookId: 'WH-SANDBOX',
  paypalWebhookUrl: null,
  now: () => new Date(),
};
const sandbox = await startSandbox(SETTINGS);
after(() => sandbox.close());

const at = (address: string, key = SETTINGS.stripeSecretKey) => {
  const { hostname: host, port } = new URL(address);
  return new Stripe(key, { host, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 });
};
const stripe = at(sandbox.url);
const aCard = () => ({ amount: 5000, currency: 'brl', allowed_payment_method_types: ['card' as const] });

test('the official SDK pays, declines, asks the bank and refunds', async () => {
  const pay = async (method: string) => {
    const intent = await stripe.paymentIntents.create(aCard());
    return stripe.paymentIntents.confirm(intent.id, { payment_method: method });
  };
  assert.equal((await pay('pm_card_visa')).status, 'succeeded');
  await assert.rejects(pay('pm_card_visa_chargeDeclined'), { code: 'card_declined', decline_code: 'generic_decline' });
  await assert.rejects(pay('pm_card_visa_chargeDeclinedInsufficientFunds'), { decline_code: 'insufficient_funds' });
  await assert.rejects(pay('pm_card_chargeDeclinedIncorrectCvc'), { code: 'incorrect_cvc' });
  assert.equal((await pay('pm_card_authenticationRequired')).status, 'requires_action');
  const paid = await pay('pm_card_visa');
  await stripe.refunds.create({ payment_intent: paid.id, amount: 4000 });
  await assert.rejects(stripe.refunds.create({ payment_intent: paid.id, amount: 1001 }), { code: 'amount_too_large' });
});

test('the same key replays, other words are refused, two at once collide, and a refused request is not kept', async () => {
  const key = { idempotencyKey: 'key-1' };
  const first = await stripe.paymentIntents.create(aCard(), key);
  const again = await stripe.paymentIntents.create(aCard(), key);
  assert.equal(again.id, first.id);
  assert.equal(again.lastResponse.headers['idempotent-replayed'], 'true');
  await assert.rejects(stripe.paymentIntents.create({ ...aCard(), amount: 5001 }, key), {
    type: 'StripeIdempotencyError',
  });
  sandbox.state.faults.push({ kind: 'call', match: 'SLOW', effect: 'delay', delayMs: 200 });
  const two = await Promise.allSettled(
    [1, 2].map(() => stripe.paymentIntents.create(aCard(), { idempotencyKey: 'key-2' })),
  );
  const refused = two.find((one) => one.status === 'rejected');
  assert.equal((refused?.reason as { code?: string } | undefined)?.code, 'idempotency_key_in_use');
  const small = { ...aCard(), amount: 1 };
  await assert.rejects(stripe.paymentIntents.create(small, { idempotencyKey: 'key-3' }), { code: 'amount_too_small' });
  assert.ok(await stripe.paymentIntents.create(aCard(), { idempotencyKey: 'key-3' }));
});

test('a wrong key, an unknown parameter, an unknown object and an unknown path are errors in the envelope', async () => {
  await assert.rejects(at(sandbox.url, 'sk_test_wrong').paymentIntents.create(aCard()), { statusCode: 401 });
  const odd = { ...aCard(), payment_method_types: ['card'] } as Stripe.PaymentIntentCreateParams;
  await assert.rejects(stripe.paymentIntents.create(odd), { code: 'parameter_unknown' });
  await assert.rejects(stripe.paymentIntents.retrieve('pi_none'), { code: 'resource_missing' });
  await assert.rejects(stripe.customers.create({}), { statusCode: 404 });
});

test('a browser sees no metadata of the shop, and nothing at all without the client secret', async () => {
  const intent = await stripe.paymentIntents.create({ ...aCard(), metadata: { order_id: 'private' } });
  const look = async (secret: string) => {
    const response = await fetch(`${sandbox.url}/v1/payment_intents/${intent.id}?client_secret=${secret}`, {
      headers: { authorization: 'Bearer pk_test_sandbox' },
    });
    return { status: response.status, text: await response.text() };
  };
  const seen = await look(intent.client_secret!);
  assert.equal(seen.status, 200);
  assert.ok(!seen.text.includes('private'));
  assert.equal((await look('wrong')).status, 404);
});

test('payments survive a restart when there is a folder, and do not when there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-sandbox-'));
  after(() => rm(folder, { recursive: true, force: true }));
  const once = await startSandbox({ ...SETTINGS, dataDir: folder });
  const intent = await at(once.url).paymentIntents.create(aCard());
  await once.close();
  const kept = await startSandbox({ ...SETTINGS, dataDir: folder });
  assert.equal((await at(kept.url).paymentIntents.retrieve(intent.id)).id, intent.id);
  assert.equal(kept.authorityPem, once.authorityPem, 'an API that trusts it need not restart');
  await kept.close();
  const forgetful = await startSandbox(SETTINGS);
  await assert.rejects(at(forgetful.url).paymentIntents.retrieve(intent.id), { code: 'resource_missing' });
  await forgetful.close();
});

test('PayPal tokens are fetched once for calls that begin together', async () => {
  const { createPaypalProvider } = await import('#capabilities/payments');
  const provider = createPaypalProvider(
    {
      clientId: 'client',
      clientSecret: 'secret',
      webhookId: 'WH-SANDBOX',
      apiUrl: sandbox.url,
      certificateUrlPrefixes: [],
      returnUrl: 'https://poltrona.example/',
    },
    { now: () => new Date() },
  );
  const issued = async () =>
    ((await (await fetch(`${sandbox.url}/sandbox/paypal/tokens`)).json()) as { issued: number }).issued;
  const before = await issued();
  const answers = await Promise.all([1, 2, 3, 4].map(() => provider.readPayment('NONE')));
  assert.ok(answers.every((answer) => answer.kind === 'refused'));
  assert.equal(await issued(), before + 1);
});

test('form bodies with brackets become objects and lists; prototype keys are left out', () => {
  assert.deepEqual(decodeForm('a[b][c]=1&l[0]=x&l[1]=y&e[]=z'), { a: { b: { c: '1' } }, l: ['x', 'y'], e: ['z'] });
  assert.deepEqual(decodeForm('__proto__[x]=1'), {});
  assert.equal(({} as { x?: string }).x, undefined);
});

test('a Pix code is what banks read: length fields, amount, country, checksum', () => {
  assert.equal(crc16('123456789'), 0x29b1);
  const code = pixCode('pi_0123456789abcdef01234567', 7040);
  assert.ok(code.includes('540570.40') && code.includes('5802BR') && code.includes('5303986'));
  assert.equal(code.slice(-4), crc16(code.slice(0, -4)).toString(16).toUpperCase().padStart(4, '0'));
});

test('card numbers are checked by their last digit', () => {
  assert.ok(isLuhn('4242424242424242') && isLuhn('4000002500003155'));
  assert.ok(!isLuhn('4242424242424241') && !isLuhn('4242'));
});
