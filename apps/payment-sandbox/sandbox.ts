import Fastify from 'fastify';
import { randomBytes } from 'node:crypto';
import { registerBrowserDoubles } from './browser-doubles.ts';
import { failOnCommand } from './fail-on-command.ts';
import { loadIdentity, type SigningIdentity } from './paypal/certificate.ts';
import { PaypalProblem, type PaypalWorld } from './paypal/paypal-orders.ts';
import { answerPaypalError, registerPaypal } from './paypal/paypal-routes.ts';
import { createPaypalSigner } from './paypal/paypal-signer.ts';
import { registerPage } from './page.ts';
import { registerControls } from './sandbox-controls.ts';
import { createSaver, loadState, stripeId } from './sandbox-state.ts';
import { StripeProblem } from './stripe/stripe-error.ts';
import { answerStripeError, registerStripe, requestId } from './stripe/stripe-routes.ts';
import type { StripeWorld } from './stripe/stripe-world.ts';
import { createWebhooks, RETRY_AFTER_MS } from './webhooks.ts';

export type SandboxSettings = {
  port: number;
  host: string;
  /** Null forgets everything at the end. */
  dataDir: string | null;
  stripeSecretKey: string;
  stripePublishableKey: string;
  stripeWebhookSecret: string;
  stripeWebhookUrl: string | null;
  paypalClientId: string;
  paypalClientSecret: string;
  paypalWebhookId: string;
  paypalWebhookUrl: string | null;
  /** Where browsers and the API find it, when that is not http://host:port. */
  publicUrl: string | null;
  now: () => Date;
  retryAfterMs?: readonly number[];
  identity?: SigningIdentity;
  /** Hears every call of the providers' APIs; contract tests compare them with the published descriptions. */
  onCall?: (call: { method: string; path: string; body: string }) => void;
};

const SAVE_EVERY_MS = 1_000;

/** Both providers on a laptop: stateful, signed, and able to fail on command. Never part of a production image. */
export async function startSandbox(settings: SandboxSettings) {
  const state = await loadState(settings.dataDir);
  const saver = createSaver(settings.dataDir, state);
  const app = Fastify({ bodyLimit: 256 * 1024, forceCloseConnections: true });
  let address = '';
  const url = () => settings.publicUrl ?? address;
  const identity = settings.identity ?? (await loadIdentity(settings.dataDir, settings.now()));
  const signer = createPaypalSigner(identity, { webhookId: settings.paypalWebhookId, url, now: settings.now });
  const webhooks = createWebhooks(state, {
    stripeWebhookUrl: settings.stripeWebhookUrl,
    stripeWebhookSecret: settings.stripeWebhookSecret,
    paypalWebhookUrl: settings.paypalWebhookUrl,
    signPaypal: (rawBody) => signer.sign(rawBody),
    retryAfterMs: settings.retryAfterMs ?? RETRY_AFTER_MS,
    nowMs: () => settings.now().getTime(),
    saved: saver.saved,
  });
  const nowSeconds = () => Math.floor(settings.now().getTime() / 1000);
  const stripe: StripeWorld = {
    state,
    nowSeconds,
    url,
    tell: (type, object) => {
      const id = stripeId('evt');
      const event = { id, object: 'event', api_version: '2026-10-28.endive', created: nowSeconds() };
      const data = {
        data: { object },
        livemode: false,
        pending_webhooks: 1,
        request: { id: null, idempotency_key: null },
      };
      webhooks.tell('stripe', id, type, JSON.stringify({ ...event, ...data, type }));
    },
  };
  const paypal: PaypalWorld = {
    state,
    now: settings.now,
    url,
    tell: (type, resourceType, resource) => {
      const id = `WH-${randomBytes(12).toString('hex').toUpperCase()}`;
      const event = {
        id,
        event_version: '1.0',
        create_time: settings.now().toISOString(),
        resource_type: resourceType,
      };
      const rest = { resource_version: '2.0', event_type: type, summary: type, resource, links: [] };
      webhooks.tell('paypal', id, type, JSON.stringify({ ...event, ...rest }));
    },
  };

  // Bodies stay text: fingerprints and signatures are over bytes, and each provider reads them its own way.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request, reply) => {
    reply.header('request-id', requestId());
    reply.header('access-control-allow-origin', '*');
    reply.header('access-control-allow-headers', 'authorization, content-type');
    reply.header('access-control-allow-methods', 'GET, POST, OPTIONS');
    if (request.method === 'OPTIONS') return reply.code(204).send();
  });
  app.addHook('onSend', async ({ method }) => (method === 'POST' ? saver.saved() : undefined));
  app.addHook('preHandler', async (request) => {
    const body = typeof request.body === 'string' ? request.body : '';
    settings.onCall?.({ method: request.method, path: request.url, body });
  });
  failOnCommand(app, state.faults);
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof StripeProblem) return answerStripeError(error, request, reply);
    if (error instanceof PaypalProblem) return answerPaypalError(error, reply);
    // The SDK takes JSON without `error` for success, so every failure carries one.
    const message = error instanceof Error ? error.message : 'failed';
    return reply.code(500).send({ error: { type: 'api_error', message } });
  });
  app.setNotFoundHandler((request, reply) => {
    const message = `Unrecognized request URL (${request.method}: ${request.url.split('?')[0]}).`;
    return reply.code(404).send({ error: { type: 'invalid_request_error', message } });
  });

  registerStripe(app, stripe, { secretKey: settings.stripeSecretKey, publishableKey: settings.stripePublishableKey });
  const paypalKeys = { clientId: settings.paypalClientId, clientSecret: settings.paypalClientSecret };
  registerPaypal(app, paypal, paypalKeys, signer);
  registerControls(app, { state, stripe, paypal, webhooks, authorityPem: identity.authorityPem });
  registerBrowserDoubles(app);
  registerPage(app);

  address = await app.listen({ port: settings.port, host: settings.host });
  webhooks.resume();
  // What changes by itself, such as the tries of a delivery.
  const saving = setInterval(() => void saver.saved(), SAVE_EVERY_MS).unref();
  return {
    url: url(),
    state,
    stripe,
    paypal,
    webhooks,
    signer,
    authorityPem: identity.authorityPem,
    close: async () => {
      clearInterval(saving);
      webhooks.close();
      await app.close();
      await saver.saved();
    },
  };
}

export type Sandbox = Awaited<ReturnType<typeof startSandbox>>;
