import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import pino from 'pino';
import * as orders from '#capabilities/orders';
import {
  createPaypalProvider,
  createPayments,
  createStripeProvider,
  type PaymentProvider,
} from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import type { Database } from '#platform/postgres';
import { startSandbox } from '../apps/payment-sandbox/sandbox.ts';

const KEYS = {
  stripeSecretKey: 'sk_test_paying',
  stripePublishableKey: 'pk_test_paying',
  stripeWebhookSecret: 'whsec_paying',
  paypalClientId: 'client',
  paypalClientSecret: 'secret',
  paypalWebhookId: 'WH-PAYING',
};

/**
 * Payments over a real database, real SDKs and the sandbox, with its webhooks coming in over HTTP. `override` puts a
 * fault or a twin between payments and a provider or its neighbour orders.
 */
export async function aTill(
  db: Database,
  override: {
    stripe?: (real: PaymentProvider) => PaymentProvider;
    paypal?: (real: PaymentProvider) => PaymentProvider;
    orders?: Partial<typeof orders>;
    webhooks?: boolean;
  } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-till-'));
  let payments: ReturnType<typeof createPayments>;
  const answers: string[] = [];
  const shop = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const handle = request.url === '/stripe' ? payments.handleStripeEvent : payments.handlePaypalEvent;
      handle(raw, request.headers).then(
        (answer) => {
          answers.push(answer);
          response.statusCode = answer === 'forged' ? 400 : answer === 'not_yet' ? 503 : 200;
          response.end();
        },
        (error: Error) => {
          answers.push(error.message);
          response.statusCode = 503;
          response.end();
        },
      );
    });
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  const sends = override.webhooks ?? false;
  const sandbox = await startSandbox({
    ...KEYS,
    port: 0,
    host: '127.0.0.1',
    dataDir: null,
    publicUrl: null,
    stripeWebhookUrl: sends ? `${shopUrl}/stripe` : null,
    paypalWebhookUrl: sends ? `${shopUrl}/paypal` : null,
    now: () => systemClock.now(),
    retryAfterMs: [20, 100, 300],
  });
  const certificateAuthorityFile = join(folder, 'ca.pem');
  await writeFile(certificateAuthorityFile, sandbox.authorityPem);
  const stripe = createStripeProvider({
    secretKey: KEYS.stripeSecretKey,
    webhookSecret: KEYS.stripeWebhookSecret,
    apiUrl: sandbox.url,
    timeoutMs: 5_000,
  });
  const paypal = createPaypalProvider(
    {
      clientId: KEYS.paypalClientId,
      clientSecret: KEYS.paypalClientSecret,
      webhookId: KEYS.paypalWebhookId,
      apiUrl: sandbox.url,
      certificateUrlPrefixes: [`${sandbox.url}/v1/notifications/certs/`],
      certificateAuthorityFile,
      returnUrl: 'https://poltrona.example/pedidos',
      timeoutMs: 5_000,
    },
    systemClock,
  );
  payments = createPayments({
    db,
    clock: systemClock,
    log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
    orders: { ...orders, ...override.orders },
    stripe: override.stripe?.(stripe) ?? stripe,
    paypal: override.paypal?.(paypal) ?? paypal,
    // Tests look when the story says so.
    lookEveryMs: 0,
  });
  after(async () => {
    await sandbox.close();
    shop.closeAllConnections();
    await new Promise((resolve) => shop.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });
  const post = async (path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return response.json();
  };
  return { payments, sandbox, stripe, paypal, answers, keys: KEYS, shopUrl, post };
}

export type Till = Awaited<ReturnType<typeof aTill>>;

/** What Stripe.js does when the buyer presses the button. */
export async function payByCard(till: Till, clientSecret: string, number = '4242424242424242') {
  const id = clientSecret.split('_secret_')[0]!;
  const form = new URLSearchParams({
    client_secret: clientSecret,
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': number,
    'payment_method_data[card][exp_month]': '12',
    'payment_method_data[card][exp_year]': '2034',
    'payment_method_data[card][cvc]': '123',
  });
  const response = await fetch(`${till.sandbox.url}/v1/payment_intents/${id}/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${till.keys.stripePublishableKey}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as { status?: string; error?: { code: string } } };
}
