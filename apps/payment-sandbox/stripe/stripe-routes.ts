import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { takeFault } from '../faults.ts';
import type { Intent, Json } from '../sandbox-state.ts';
import { stripeId } from '../sandbox-state.ts';
import { decodeForm } from './form.ts';
import {
  cancelIntent,
  type Card,
  confirmIntent,
  createIntent,
  findIntent,
  finishChallenge,
} from './payment-intents.ts';
import { invalid, missing, StripeProblem } from './stripe-error.ts';
import { createRefund } from './stripe-refunds.ts';
import { expanded, type StripeWorld } from './stripe-world.ts';

export type StripeKeys = { secretKey: string; publishableKey: string };

// What the sandbox understands; a parameter beyond it is an error, as with Stripe, so that a typing slip is found.
const PARAMETERS = {
  create:
    'amount currency metadata allowed_payment_method_types automatic_payment_methods confirm payment_method ' +
    'payment_method_data payment_method_options description expand return_url',
  update: 'metadata description amount expand',
  confirm: 'payment_method payment_method_data payment_method_options return_url expand use_stripe_sdk',
  cancel: 'cancellation_reason expand',
  refund: 'payment_intent charge amount reason metadata expand',
} as const;

/** Stripe's HTTP API, as far as the product uses it. */
export function registerStripe(app: FastifyInstance, world: StripeWorld, keys: StripeKeys): void {
  const secret = (request: FastifyRequest) => checkKey(request, [keys.secretKey]);

  app.post('/v1/payment_intents', (request, reply) => {
    secret(request);
    return keyed(world, request, reply, () => {
      const params = checkedParams(request, PARAMETERS.create);
      return expanded(world, createIntent(world, params), params['expand']);
    });
  });
  app.get('/v1/payment_intents', (request) => {
    secret(request);
    return listIntents(world, decodeForm(request.url.split('?')[1] ?? ''));
  });
  app.get<{ Params: { id: string } }>('/v1/payment_intents/:id', (request) => {
    const query = decodeForm(request.url.split('?')[1] ?? '');
    if (isBrowser(request, keys)) return publicIntent(secretIntent(world, request.params.id, query['client_secret']));
    secret(request);
    return expanded(world, findIntent(world, request.params.id), query['expand']);
  });
  app.post<{ Params: { id: string } }>('/v1/payment_intents/:id', (request, reply) => {
    secret(request);
    return keyed(world, request, reply, () =>
      updateIntent(world, request.params.id, checkedParams(request, PARAMETERS.update)),
    );
  });
  app.post<{ Params: { id: string } }>('/v1/payment_intents/:id/confirm', (request, reply) => {
    if (isBrowser(request, keys)) return confirmInBrowser(world, request.params.id, bodyOf(request));
    secret(request);
    return keyed(world, request, reply, () => {
      const intent = findIntent(world, request.params.id);
      confirmIntent(world, intent, checkedParams(request, PARAMETERS.confirm));
      return intent;
    });
  });
  app.post<{ Params: { id: string } }>('/v1/payment_intents/:id/challenge', (request) => {
    checkKey(request, [keys.publishableKey]);
    const body = bodyOf(request);
    const intent = secretIntent(world, request.params.id, body['client_secret']);
    finishChallenge(world, intent, body['passed'] === 'true');
    return publicIntent(intent);
  });
  app.post<{ Params: { id: string } }>('/v1/payment_intents/:id/cancel', (request, reply) => {
    secret(request);
    return keyed(world, request, reply, () => {
      const params = checkedParams(request, PARAMETERS.cancel);
      const intent = findIntent(world, request.params.id);
      cancelIntent(world, intent, (params['cancellation_reason'] as string | undefined) ?? null);
      return expanded(world, intent, params['expand']);
    });
  });
  app.post('/v1/refunds', (request, reply) => {
    secret(request);
    return keyed(world, request, reply, () => createRefund(world, checkedParams(request, PARAMETERS.refund)));
  });
  app.get<{ Params: { id: string } }>('/v1/refunds/:id', (request) => {
    secret(request);
    return found(world.state.stripeRefunds[request.params.id], request.params.id);
  });
  app.get<{ Params: { id: string } }>('/v1/charges/:id', (request) => {
    secret(request);
    return found(world.state.charges[request.params.id], request.params.id);
  });
  app.get('/v1/events', (request) => {
    secret(request);
    const data = world.state.deliveries
      .filter((delivery) => delivery.provider === 'stripe')
      .map((delivery) => JSON.parse(delivery.body) as Json)
      .reverse()
      .slice(0, 100);
    return { object: 'list', data, has_more: false, url: '/v1/events' };
  });
}

export function answerStripeError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  if (!(error instanceof StripeProblem)) throw error;
  return reply.code(error.status).send({ error: { ...error.error, request_log_url: `/#${request.id}` } });
}

function found<T>(object: T | undefined, id: string): T {
  if (object === undefined) throw missing(id);
  return object;
}

const bodyOf = (request: FastifyRequest): Json => decodeForm(typeof request.body === 'string' ? request.body : '');

function checkedParams(request: FastifyRequest, known: string): Json {
  const params = bodyOf(request);
  const unknown = Object.keys(params).find((name) => !known.split(' ').includes(name));
  if (unknown) throw invalid('parameter_unknown', `Received unknown parameter: ${unknown}`, { param: unknown });
  return params;
}

function keyOf(request: FastifyRequest): string {
  const header = request.headers.authorization ?? '';
  if (header.startsWith('Bearer ')) return header.slice(7);
  if (header.startsWith('Basic ')) return Buffer.from(header.slice(6), 'base64').toString('utf8').split(':')[0]!;
  return '';
}

const isBrowser = (request: FastifyRequest, keys: StripeKeys) => keyOf(request) === keys.publishableKey;

function checkKey(request: FastifyRequest, allowed: string[]) {
  if (!allowed.includes(keyOf(request))) {
    throw new StripeProblem(401, { type: 'invalid_request_error', message: 'Invalid API Key provided.' });
  }
}

/** The store behind Idempotency-Key: replay, other words 400, still running 409; what fails validation is not kept. */
async function keyed(
  world: StripeWorld,
  request: FastifyRequest,
  reply: FastifyReply,
  run: () => Json,
): Promise<unknown> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string') return run();
  const fingerprint = createHash('sha256')
    .update(`${request.url}\n${String(request.body)}`)
    .digest('hex');
  const stored = world.state.stripeAnswers[key];
  if (stored) {
    if (stored.fingerprint !== fingerprint) {
      const message = 'Keys for idempotent requests can only be used with the same parameters.';
      throw new StripeProblem(400, { type: 'idempotency_error', message });
    }
    if (stored.running) {
      const message = 'There is currently another in-progress request using this Idempotent Key.';
      throw new StripeProblem(409, { type: 'idempotency_error', code: 'idempotency_key_in_use', message });
    }
    return reply.code(stored.status).header('idempotent-replayed', 'true').send(stored.body);
  }
  const slot = { fingerprint, status: 200, body: null as unknown, running: true };
  world.state.stripeAnswers[key] = slot;
  try {
    // Time in which a second request with the same key finds this one at work.
    const slow = takeFault(world.state.faults, 'call', `SLOW ${request.url}`);
    if (slow) await new Promise((resolve) => setTimeout(resolve, slow.delayMs ?? 1_000));
    slot.body = structuredClone(run());
  } catch (error) {
    if (!(error instanceof StripeProblem) || error.status !== 402) {
      delete world.state.stripeAnswers[key];
      throw error;
    }
    slot.status = error.status;
    slot.body = structuredClone({ error: error.error });
  }
  slot.running = false;
  return reply.code(slot.status).send(slot.body);
}

function listIntents(world: StripeWorld, query: Json) {
  const created = (query['created'] ?? {}) as { gte?: string; lte?: string };
  const all = Object.values(world.state.intents)
    .filter((intent) => intent.created >= Number(created.gte ?? 0) && intent.created <= Number(created.lte ?? Infinity))
    .reverse();
  const after = all.findIndex((intent) => intent.id === query['starting_after']) + 1;
  const limit = Math.min(100, Number(query['limit'] ?? 10));
  const data = all.slice(after, after + limit);
  return { object: 'list', data, has_more: after + limit < all.length, url: '/v1/payment_intents' };
}

function updateIntent(world: StripeWorld, id: string, params: Json): Intent {
  const intent = findIntent(world, id);
  Object.assign(intent.metadata, params['metadata']);
  if (params['description'] !== undefined) intent['description'] = params['description'];
  if (params['amount'] !== undefined && intent.status === 'requires_payment_method')
    intent.amount = Number(params['amount']);
  return intent;
}

function secretIntent(world: StripeWorld, id: string, clientSecret: unknown): Intent {
  const intent = findIntent(world, id);
  if (intent.client_secret !== clientSecret) throw missing(id);
  return intent;
}

/** What Stripe.js may see: no metadata of the shop's. */
function publicIntent(intent: Intent): Json {
  const { metadata: _metadata, ...rest } = intent;
  return rest;
}

/** Stripe.js confirms with the publishable key, the client secret and the card. */
function confirmInBrowser(world: StripeWorld, id: string, body: Json): Json {
  const intent = secretIntent(world, id, body['client_secret']);
  const data = (body['payment_method_data'] ?? {}) as { card?: Record<string, string> };
  const card: Card = {
    number: (data.card?.['number'] ?? '').replaceAll(/\D/g, ''),
    expMonth: Number(data.card?.['exp_month']),
    expYear: Number(data.card?.['exp_year']),
    cvc: data.card?.['cvc'] ?? '',
  };
  checkCard(world, card);
  confirmIntent(world, intent, {}, card);
  return publicIntent(intent);
}

function checkCard(world: StripeWorld, card: Card) {
  const refuse = (code: string, message: string) => {
    throw new StripeProblem(402, { type: 'card_error', code, message });
  };
  if (!isLuhn(card.number)) refuse('incorrect_number', 'Your card number is incorrect.');
  const end = Date.UTC(card.expYear, card.expMonth, 1) / 1000;
  if (!(card.expMonth >= 1 && card.expMonth <= 12) || !(end > world.nowSeconds())) {
    refuse('invalid_expiry_year', "Your card's expiration date is in the past.");
  }
  if (!/^\d{3,4}$/.test(card.cvc)) refuse('invalid_cvc', "Your card's security code is invalid.");
}

export function isLuhn(number: string): boolean {
  if (!/^\d{13,19}$/.test(number)) return false;
  const sum = number
    .split('')
    .reverse()
    .reduce((total, digit, index) => {
      const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return sum % 10 === 0;
}

export const requestId = () => stripeId('req');
