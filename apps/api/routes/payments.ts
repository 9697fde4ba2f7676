import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { readOrder, screeningOf } from '#capabilities/orders';
import type { CaptureAnswer, Payments, RefundAnswer, StartAnswer } from '#capabilities/payments';
import { OrderIdSchema, OrderViewSchema } from '#contracts/orders';
import { PaymentAttemptSchema, PaymentBodySchema, RefundBodySchema } from '#contracts/payments';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import type { Outcome } from '../keyed.ts';
import { keyedOutside } from '../keyed-outside.ts';
import { limitPerAddress } from '../rate-limit.ts';
import { atLeast, signedIn } from '../session.ts';

const tags = ['payments'];
const OrderParams = Type.Object({ id: OrderIdSchema });
const AttemptParams = Type.Object({ attempt: OrderIdSchema });
const Problems = { 404: ProblemSchema, 409: ProblemSchema, 422: ProblemSchema, 503: ProblemSchema };
const Limited = { ...Problems, 429: ProblemSchema };
// Each may end in a call to a provider. Generous: a whole office or campus can be one address.
const CALLS_PER_ADDRESS = { max: 120, windowMs: 60_000 };

const START_STATUS: Record<StartAnswer['outcome'], number> = {
  started: 201,
  paid: 200,
  order_unknown: 404,
  order_expired: 409,
  order_not_payable: 409,
  method_unavailable: 409,
  pix_too_late: 409,
  payment_unresolved: 409,
  payment_refused: 409,
};

const CAPTURE_STATUS: Record<CaptureAnswer['outcome'], number> = {
  captured: 200,
  processing: 200,
  attempt_unknown: 404,
  attempt_over: 409,
  order_expired: 409,
  not_approved: 409,
  declined: 402,
};

const REFUND_STATUS: Record<RefundAnswer['outcome'], number> = {
  refunded: 200,
  pending: 200,
  order_unknown: 404,
  nothing_paid: 409,
  refund_exceeds_payment: 409,
  payment_unresolved: 409,
  refund_refused: 409,
};

type Deps = { db: Database; payments: Payments };
type AnswerKeyed = ReturnType<typeof keyedOutside>;

const callerIn = (request: FastifyRequest) => request.session!.accountId;
const shardIn = (id: string) => screeningOf(id) ?? 0;

/** Paying, and giving back. Provider calls lie inside, so the keyed answer is stored around them, not over them. */
export function registerPaymentRoutes(api: HttpServer, deps: Deps): void {
  const answer = keyedOutside(deps.db);
  registerStart(api, deps, answer);
  registerAttempts(api, deps, answer);
  registerRefund(api, deps, answer);
}

function registerStart(api: HttpServer, { payments }: Deps, answer: AnswerKeyed): void {
  api.post(
    '/api/orders/:id/payments',
    {
      onRequest: [limitPerAddress(CALLS_PER_ADDRESS), signedIn],
      schema: {
        summary: 'Begin to pay an order; a live attempt by another method is cancelled first',
        tags,
        params: OrderParams,
        body: PaymentBodySchema,
        response: { 200: PaymentAttemptSchema, 201: PaymentAttemptSchema, ...Limited },
      },
    },
    async (request, reply) =>
      answer(
        request,
        reply,
        async () => {
          const { method } = request.body;
          const started = await payments.start({ orderId: request.params.id, buyerId: callerIn(request), method });
          return asOutcome(started, START_STATUS[started.outcome]);
        },
        shardIn(request.params.id),
      ),
  );
}

function registerAttempts(api: HttpServer, { payments }: Deps, answer: AnswerKeyed): void {
  api.post(
    '/api/payments/:attempt/capture',
    {
      onRequest: [limitPerAddress(CALLS_PER_ADDRESS), signedIn],
      schema: {
        summary: 'The buyer approved in PayPal: take the money, if the seats are still held',
        tags,
        params: AttemptParams,
        response: { 200: PaymentAttemptSchema, 402: ProblemSchema, ...Limited },
      },
    },
    async (request, reply) =>
      answer(
        request,
        reply,
        async () => {
          const captured = await payments.capture({ attemptId: request.params.attempt, buyerId: callerIn(request) });
          return asOutcome(captured, CAPTURE_STATUS[captured.outcome]);
        },
        shardIn(request.params.attempt),
      ),
  );

  api.post(
    '/api/payments/:attempt/refresh',
    {
      onRequest: [limitPerAddress(CALLS_PER_ADDRESS), signedIn],
      schema: {
        summary: 'Ask the provider how the payment stands; what the browser brought back proves nothing',
        tags,
        params: AttemptParams,
        response: { 200: PaymentAttemptSchema, ...Limited },
      },
    },
    async (request, reply) =>
      answer(
        request,
        reply,
        async () => {
          const body = await payments.refresh({ attemptId: request.params.attempt, buyerId: callerIn(request) });
          return body ? { status: 200, body } : { status: 404, problem: 'attempt_unknown' };
        },
        shardIn(request.params.attempt),
      ),
  );
}

function registerRefund(api: HttpServer, { db, payments }: Deps, answer: AnswerKeyed): void {
  api.post(
    '/api/admin/orders/:id/refund',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'Give money back; all of what is left also frees the seats and revokes the tickets',
        tags: ['admin', ...tags],
        params: OrderParams,
        body: RefundBodySchema,
        response: { 200: OrderViewSchema, ...Problems },
      },
    },
    async (request, reply) =>
      answer(
        request,
        reply,
        async (requestKey) => {
          const orderId = request.params.id;
          const { reason, amountCents } = request.body;
          const asked = {
            orderId,
            reason,
            amountCents: amountCents ?? null,
            requestedBy: callerIn(request),
            requestKey,
          };
          const refunded = await payments.refund(asked);
          const status = REFUND_STATUS[refunded.outcome];
          if (status >= 400) return asOutcome(refunded, status);
          return { status, body: await readOrder(db, { orderId }) };
        },
        shardIn(request.params.id),
      ),
  );
}

type Answered = { outcome: string; attempt?: unknown; failureCode?: string | null };

function asOutcome(answered: Answered, status: number): Outcome {
  if (status < 400) return { status, body: answered.attempt };
  const { outcome, failureCode } = answered;
  return { status, problem: outcome, ...(failureCode ? { extra: { failureCode } } : {}) };
}
