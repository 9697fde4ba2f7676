import {
  ApiError,
  CheckoutPaymentIntent,
  Client,
  Environment,
  type OAuthToken,
  type Order,
  OrdersController,
  PaymentsController,
  PaypalExperienceUserAction,
  PaypalWalletContextShippingPreference,
} from '@paypal/paypal-server-sdk';
import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import type { PaymentProvider, PaymentRequest, ProviderAnswer, ProviderEvent, ProviderPayment } from '../provider.ts';
import { decimalOf, fromOrder, fromPaypalRefund } from './paypal-objects.ts';
import { createPaypalTransport } from './paypal-transport.ts';
import { createPaypalVerifier } from './paypal-verifier.ts';

export type PaypalSettings = {
  clientId: string;
  clientSecret: string;
  webhookId: string;
  /** https://api-m.paypal.com, or the sandbox. */
  apiUrl: string;
  /** Where a signing certificate may come from. Anything else could be an attacker's own. */
  certificateUrlPrefixes: readonly string[];
  /** PEM file of the sandbox's own authority, trusted instead of the public ones. Never with real keys. */
  certificateAuthorityFile?: string;
  /** PayPal wants to know where a buyer goes without the buttons' window. */
  returnUrl: string;
  timeoutMs?: number;
};

const TIMEOUT_MS = 10_000;
const FULL = 'return=representation';

/** PayPal through its official SDK: Orders v2, approved in PayPal's window, captured by us. */
export function createPaypalProvider(settings: PaypalSettings, clock: Clock): PaymentProvider {
  const timeout = settings.timeoutMs ?? TIMEOUT_MS;
  const client = createClient(settings, timeout);
  const orders = new OrdersController(client);
  const payments = new PaymentsController(client);
  const verifier = createPaypalVerifier(settings, clock);

  const readPayment = (id: string) => answer(async () => checkedOrder((await orders.getOrder({ id })).result));

  const capturePayment = async (id: string, key: string): Promise<ProviderAnswer<ProviderPayment>> => {
    const captured = await answer(async () =>
      checkedOrder((await orders.captureOrder({ id, paypalRequestId: key, prefer: FULL })).result),
    );
    return captured.kind === 'refused' && captured.code === 'ORDER_ALREADY_CAPTURED' ? readPayment(id) : captured;
  };

  return {
    name: 'paypal',
    keyKeptHours: 5,
    readPayment,
    capturePayment,
    createPayment: (request) =>
      answer(async () =>
        checkedOrder(
          (
            await orders.createOrder({
              body: orderBody(request, settings.returnUrl),
              paypalRequestId: request.idempotencyKey,
              prefer: FULL,
            })
          ).result,
        ),
      ),
    // Orders cannot be searched. One that we never heard of was never shown, so nobody could approve it.
    findPayment: async () => null,
    // An approved order is not cancelled but left alone: without our capture call no money moves.
    cancelPayment: async (id) => {
      const read = await readPayment(id);
      if (read.kind === 'refused') return read;
      const over = read.value.state === 'requires_action' ? { ...read.value, state: 'cancelled' as const } : read.value;
      return { kind: 'done', value: over };
    },
    refund: (request) =>
      answer(async () => {
        const body = {
          amount: { currencyCode: 'BRL', value: decimalOf(request.amountCents) },
          customId: request.refundId,
        };
        const { result } = await payments.refundCapturedPayment({
          captureId: request.providerCaptureId ?? '',
          paypalRequestId: request.idempotencyKey,
          prefer: FULL,
          body,
        });
        return checkedRefund(fromPaypalRefund(result));
      }),
    readRefund: (refundId) =>
      answer(async () => checkedRefund(fromPaypalRefund((await payments.getRefund({ refundId })).result))),
    verifyEvent: async (rawBody, headers) =>
      (await verifier.isGenuine(rawBody, headers)) ? parseEvent(rawBody.toString('utf8')) : null,
    parseEvent,
  };
}

function createClient(settings: PaypalSettings, timeout: number): Client {
  // Three parallel first calls would fetch three tokens: one flight serves all of them.
  let flight: Promise<OAuthToken> | null = null;
  return new Client({
    environment: Environment.Sandbox,
    timeout,
    clientCredentialsAuthCredentials: {
      oAuthClientId: settings.clientId,
      oAuthClientSecret: settings.clientSecret,
      oAuthClockSkew: 60,
      oAuthTokenProvider: (last, manager) => {
        flight ??= manager.updateToken(last).finally(() => {
          flight = null;
        });
        return flight;
      },
    },
    // The SDK knows two addresses and no option for a third; its requests are redirected where they leave.
    unstable_httpClientOptions: { adapter: createPaypalTransport(settings.apiUrl, timeout) },
  });
}

function orderBody(request: PaymentRequest, returnUrl: string) {
  return {
    intent: CheckoutPaymentIntent.Capture,
    purchaseUnits: [
      {
        referenceId: request.orderId,
        customId: request.attemptId,
        // Unique for ever at PayPal: the guard against a second capture that outlives every request id.
        invoiceId: request.attemptId,
        amount: { currencyCode: 'BRL', value: decimalOf(request.amountCents) },
      },
    ],
    paymentSource: {
      paypal: {
        experienceContext: {
          returnUrl,
          cancelUrl: returnUrl,
          userAction: PaypalExperienceUserAction.PayNow,
          shippingPreference: PaypalWalletContextShippingPreference.NoShipping,
        },
      },
    },
  };
}

function checkedOrder(order: Order): ProviderPayment {
  if (!order.id || !order.status) throw new Fault('provider_answer_odd', { retryable: true });
  return fromOrder(order);
}

function checkedRefund<T extends { providerRefundId: string }>(refund: T): T {
  if (!refund.providerRefundId) throw new Fault('provider_answer_odd', { retryable: true });
  return refund;
}

function parseEvent(rawBody: string): ProviderEvent {
  const event = JSON.parse(rawBody) as PaypalEventBody;
  const resource = event.resource ?? {};
  const isOrder = event.event_type.startsWith('CHECKOUT.ORDER.');
  const ourUnitId = resource.purchase_units?.[0]?.custom_id;
  const upLink = resource.links?.find((link) => link.rel === 'up');
  const orderId = resource.supplementary_data?.related_ids?.order_id;
  return {
    eventId: event.id,
    eventType: event.event_type,
    paymentId: isOrder ? (resource.id ?? null) : (orderId ?? null),
    ourId: ourUnitId ?? resource.custom_id ?? null,
    captureId: upLink?.href.split('/captures/')[1] ?? null,
    kept: JSON.stringify({
      id: event.id,
      event_type: event.event_type,
      create_time: event.create_time,
      resource: {
        id: resource.id,
        custom_id: resource.custom_id,
        ...(ourUnitId ? { purchase_units: [{ custom_id: ourUnitId }] } : {}),
        ...(upLink ? { links: [{ rel: upLink.rel, href: upLink.href }] } : {}),
        ...(orderId ? { supplementary_data: { related_ids: { order_id: orderId } } } : {}),
      },
    }),
  };
}

type PaypalEventBody = {
  id: string;
  event_type: string;
  create_time?: string;
  resource?: {
    id?: string;
    custom_id?: string;
    purchase_units?: { custom_id?: string }[];
    links?: { rel: string; href: string }[];
    supplementary_data?: { related_ids?: { order_id?: string } };
  };
};

async function answer<T>(call: () => Promise<T>): Promise<ProviderAnswer<T>> {
  try {
    return { kind: 'done', value: await call() };
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) return { kind: 'refused', code: refusal };
    if (error instanceof Fault) throw error;
    // A 201 whose shape the SDK dislikes lands here too: money may have moved.
    throw new Fault('provider_unavailable', { retryable: true, cause: error });
  }
}

function refusalOf(error: unknown): string | null {
  if (!(error instanceof ApiError)) return null;
  if (error.statusCode === 429) return 'provider_busy';
  if (![400, 404, 422].includes(error.statusCode)) return null;
  const result = error.result as { name?: string; details?: { issue?: string }[] } | undefined;
  return result?.details?.[0]?.issue ?? result?.name ?? 'request_refused';
}
