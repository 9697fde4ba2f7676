import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { takeFault } from '../faults.ts';
import type { Json } from '../sandbox-state.ts';
import {
  captureOrder,
  createOrder,
  findOrder,
  orderView,
  PaypalProblem,
  type PaypalWorld,
  refundCapture,
  shownCapture,
  shownRefund,
} from './paypal-orders.ts';
import type { PaypalSigner } from './paypal-signer.ts';

export type PaypalKeys = { clientId: string; clientSecret: string };

const TOKEN_SECONDS = 32_400;

/** PayPal's HTTP API, as far as the product uses it. */
export function registerPaypal(app: FastifyInstance, world: PaypalWorld, keys: PaypalKeys, signer: PaypalSigner): void {
  const tokens = new Map<string, number>();
  let issued = 0;

  app.post('/v1/oauth2/token', (request, reply) => {
    const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString('utf8');
    if (basic !== `${keys.clientId}:${keys.clientSecret}`) {
      return reply.code(401).send({ error: 'invalid_client', error_description: 'Client Authentication failed' });
    }
    const token = `A21AA${randomBytes(24).toString('base64url')}`;
    tokens.set(token, world.now().getTime() + TOKEN_SECONDS * 1000);
    issued += 1;
    return { access_token: token, token_type: 'Bearer', app_id: 'APP-SANDBOX', expires_in: TOKEN_SECONDS, scope: '' };
  });
  app.get('/sandbox/paypal/tokens', () => ({ issued }));

  const signedIn = (request: FastifyRequest) => {
    const until = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /, '')) ?? 0;
    if (until <= world.now().getTime()) throw new PaypalProblem(401, 'AUTHENTICATION_FAILURE');
  };

  app.post('/v2/checkout/orders', (request, reply) => {
    signedIn(request);
    const body = jsonOf(request);
    return repeated(
      world,
      request,
      reply,
      'order',
      (id) => orderView(world, findOrder(world, id)),
      () => createOrder(world, body),
    );
  });
  app.get<{ Params: { id: string } }>('/v2/checkout/orders/:id', (request) => {
    signedIn(request);
    return orderView(world, findOrder(world, request.params.id));
  });
  app.post<{ Params: { id: string } }>('/v2/checkout/orders/:id/capture', (request, reply) => {
    signedIn(request);
    const pending = takeFault(world.state.faults, 'call', `PENDING ${request.params.id}`) !== null;
    return repeated(
      world,
      request,
      reply,
      'capture',
      (id) => orderView(world, findOrder(world, id)),
      () => captureOrder(world, request.params.id, mockedIssue(request), pending),
    );
  });
  app.get<{ Params: { id: string } }>('/v2/payments/captures/:id', (request) => {
    signedIn(request);
    const capture = world.state.paypalCaptures[request.params.id];
    if (!capture) throw new PaypalProblem(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    return shownCapture(capture);
  });
  app.post<{ Params: { id: string } }>('/v2/payments/captures/:id/refund', (request, reply) => {
    signedIn(request);
    const body = jsonOf(request);
    return repeated(
      world,
      request,
      reply,
      'refund',
      (id) => shownRefund(world.state.paypalRefunds[id]!),
      () => refundCapture(world, request.params.id, body),
    );
  });
  app.get<{ Params: { id: string } }>('/v2/payments/refunds/:id', (request) => {
    signedIn(request);
    const refund = world.state.paypalRefunds[request.params.id];
    if (!refund) throw new PaypalProblem(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
    return shownRefund(refund);
  });
  app.post('/v1/notifications/verify-webhook-signature', (request) => {
    signedIn(request);
    return { verification_status: signer.verifies(request.body as string) ? 'SUCCESS' : 'FAILURE' };
  });
  app.get('/v1/notifications/certs/:name', (_request, reply) =>
    reply.type('application/x-pem-file').send(signer.certificatePem),
  );
}

export function answerPaypalError(error: unknown, reply: FastifyReply) {
  if (!(error instanceof PaypalProblem)) throw error;
  return reply.code(error.status).send(error.body);
}

function jsonOf(request: FastifyRequest): Json {
  try {
    return JSON.parse((request.body as string | undefined) || '{}') as Json;
  } catch {
    throw new PaypalProblem(400, 'INVALID_REQUEST', 'MALFORMED_REQUEST_JSON');
  }
}

/** PayPal-Request-Id: the second time the same thing as it is now, with 200 instead of 201. */
function repeated(
  world: PaypalWorld,
  request: FastifyRequest,
  reply: FastifyReply,
  kind: string,
  view: (id: string) => Json,
  run: () => { id: string },
) {
  const requestId = request.headers['paypal-request-id'];
  const key = typeof requestId === 'string' ? `${kind} ${requestId}` : null;
  const known = key === null ? undefined : world.state.paypalRequests[key];
  if (known !== undefined) return reply.code(200).send(view(known));
  const made = run();
  if (key !== null) world.state.paypalRequests[key] = made.id;
  const whole = view(made.id);
  const isFull = request.headers['prefer'] === 'return=representation';
  const { id, status, links } = whole;
  return reply.code(201).send(isFull ? whole : { id, status, links });
}

function mockedIssue(request: FastifyRequest): string | null {
  const header = request.headers['paypal-mock-response'];
  if (typeof header !== 'string') return null;
  const mocked = (JSON.parse(header) as { mock_application_codes?: string | string[] }).mock_application_codes;
  return (Array.isArray(mocked) ? mocked[0] : mocked) ?? null;
}
