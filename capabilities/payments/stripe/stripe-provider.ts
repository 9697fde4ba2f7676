import Stripe from 'stripe';
import { Fault } from '#platform/fault';
import type { PaymentProvider, PaymentRequest, ProviderAnswer, ProviderEvent, RefundRequest } from '../provider.ts';
import { fromPaymentIntent, fromRefund } from './stripe-objects.ts';

export type StripeSettings = {
  secretKey: string;
  webhookSecret: string;
  /** https://api.stripe.com, or the sandbox. */
  apiUrl: string;
  timeoutMs?: number;
};

// A buyer waits for this; with one retry of the SDK's own it is at most twice as long.
const TIMEOUT_MS = 10_000;
const EXPAND = ['latest_charge.refunds'];
// Stripe lists newest first; within a minute of an attempt there are at most a few hundred others.
const FOUND_PAGES_MAX = 10;

/** Stripe through its official SDK: PaymentIntents for card (Payment Element) and Pix (confirmed here). */
export function createStripeProvider(settings: StripeSettings): PaymentProvider {
  const url = new URL(settings.apiUrl);
  const stripe = new Stripe(settings.secretKey, {
    host: url.hostname,
    ...(url.port ? { port: url.port } : {}),
    protocol: url.protocol === 'http:' ? 'http' : 'https',
    timeout: settings.timeoutMs ?? TIMEOUT_MS,
    maxNetworkRetries: 1,
    telemetry: false,
  });

  const readPayment = (id: string) =>
    answer(async () => fromPaymentIntent(checked(await stripe.paymentIntents.retrieve(id, { expand: EXPAND }))));

  return {
    name: 'stripe',
    keyKeptHours: 23,
    readPayment,
    createPayment: (request) =>
      answer(async () =>
        fromPaymentIntent(
          checked(
            await stripe.paymentIntents.create(createParams(request), { idempotencyKey: request.idempotencyKey }),
          ),
        ),
      ),
    findPayment: (request) => findPayment(stripe, request),
    cancelPayment: async (id, idempotencyKey) => {
      const cancelled = await answer(async () =>
        fromPaymentIntent(
          checked(
            await stripe.paymentIntents.cancel(
              id,
              { cancellation_reason: 'abandoned', expand: EXPAND },
              { idempotencyKey },
            ),
          ),
        ),
      );
      // Refused means that it was paid, is being paid, or is cancelled already: the object itself says which.
      return cancelled.kind === 'done' ? cancelled : readPayment(id);
    },
    // Automatic capture: money moves when the buyer confirms, so there is nothing to ask for, only to look.
    capturePayment: (id) => readPayment(id),
    refund: (request) =>
      answer(async () =>
        fromRefund(
          checked(await stripe.refunds.create(refundParams(request), { idempotencyKey: request.idempotencyKey })),
        ),
      ),
    readRefund: (id) => answer(async () => fromRefund(checked(await stripe.refunds.retrieve(id)))),
    verifyEvent: async (rawBody, headers) => {
      const signature = headers['stripe-signature'];
      if (typeof signature !== 'string') return null;
      try {
        stripe.webhooks.constructEvent(rawBody, signature, settings.webhookSecret);
      } catch {
        return null;
      }
      return parseEvent(rawBody.toString('utf8'));
    },
    parseEvent,
  };
}

function createParams(request: PaymentRequest): Stripe.PaymentIntentCreateParams {
  const common: Stripe.PaymentIntentCreateParams = {
    amount: request.amountCents,
    currency: 'brl',
    metadata: {
      attempt_id: request.attemptId,
      order_id: request.orderId,
      screening_id: String(request.screeningId),
      method: request.method,
    },
    expand: EXPAND,
  };
  if (request.method !== 'pix') return { ...common, allowed_payment_method_types: ['card'] };
  return {
    ...common,
    allowed_payment_method_types: ['pix'],
    payment_method_data: { type: 'pix' },
    payment_method_options: { pix: { expires_after_seconds: request.pixExpiresAfterSeconds ?? 60 } },
    confirm: true,
  };
}

function refundParams(request: RefundRequest): Stripe.RefundCreateParams {
  return {
    payment_intent: request.providerPaymentId,
    amount: request.amountCents,
    metadata: { refund_id: request.refundId, attempt_id: request.attemptId },
  };
}

async function findPayment(stripe: Stripe, request: PaymentRequest) {
  const since = Math.floor(request.createdAt.getTime() / 1000);
  const window = { gte: since - 60, lte: since + 3600 };
  let after: string | undefined;
  for (let page = 0; page < FOUND_PAGES_MAX; page += 1) {
    const list = await answer(() =>
      stripe.paymentIntents.list({ created: window, limit: 100, ...(after ? { starting_after: after } : {}) }),
    );
    if (list.kind === 'refused') return null;
    const found = list.value.data.find((intent) => intent.metadata['attempt_id'] === request.attemptId);
    if (found) return fromPaymentIntent(found);
    after = list.value.data.at(-1)?.id;
    if (!list.value.has_more || !after) return null;
  }
  return null;
}

function parseEvent(rawBody: string): ProviderEvent {
  const event = JSON.parse(rawBody) as Stripe.Event;
  const about = event.data.object as StripeEventObject;
  const { id, object, metadata } = about;
  const intent = typeof about.payment_intent === 'string' ? about.payment_intent : about.payment_intent?.id;
  const ours = { attempt_id: metadata?.['attempt_id'], order_id: metadata?.['order_id'] };
  return {
    eventId: event.id,
    eventType: event.type,
    paymentId: (object === 'payment_intent' ? id : intent) ?? null,
    ourId: null,
    captureId: null,
    kept: JSON.stringify({
      id: event.id,
      type: event.type,
      created: event.created,
      data: { object: { id, object, payment_intent: intent, metadata: ours } },
    }),
  };
}

type StripeEventObject = {
  object?: string;
  id?: string;
  payment_intent?: string | { id: string } | null;
  metadata?: Record<string, string> | null;
};

/** The SDK takes any JSON without `error` for success, whatever its status, so the shape is looked at. */
function checked<T extends { id: string; object: string }>(object: T): T {
  if (typeof object?.id !== 'string' || typeof object.object !== 'string') {
    throw new Fault('provider_answer_odd', { retryable: true });
  }
  return object;
}

/** Refusals that are final; whatever else went wrong may have moved money. */
async function answer<T>(call: () => Promise<T>): Promise<ProviderAnswer<T>> {
  try {
    return { kind: 'done', value: await call() };
  } catch (error) {
    if (error instanceof Stripe.errors.StripeCardError) {
      return { kind: 'refused', code: error.decline_code ?? error.code ?? 'card_declined' };
    }
    if (error instanceof Stripe.errors.StripeInvalidRequestError) {
      return { kind: 'refused', code: error.code ?? 'request_refused' };
    }
    if (error instanceof Stripe.errors.StripeRateLimitError) return { kind: 'refused', code: 'provider_busy' };
    if (error instanceof Fault) throw error;
    throw new Fault('provider_unavailable', { retryable: true, cause: error });
  }
}
