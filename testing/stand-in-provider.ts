import type { PaymentProvider } from '#capabilities/payments';

type Payment = Extract<Awaited<ReturnType<PaymentProvider['readPayment']>>, { kind: 'done' }>['value'];
export type StandInPayment = Payment;

/** Stripe's object of a payment whose money has arrived. */
export function capturedPayment(attemptId: string, cents: number, overrides: Partial<Payment> = {}): Payment {
  return {
    providerPaymentId: `pi_${attemptId}`,
    providerCaptureId: `ch_${attemptId}`,
    attemptId,
    state: 'captured',
    capturedCents: cents,
    currency: 'BRL',
    refundedCents: 0,
    failureCode: null,
    resume: {},
    refunds: [],
    ...overrides,
  };
}

/**
 * Stands in Stripe's place at the provider interface, where hundreds of payments must arrive at once: no HTTP, no
 * signatures. A webhook's body is the provider's payment id, after a space anything that makes another event of it.
 */
export function standInProvider(readPayment: (providerPaymentId: string) => Payment): PaymentProvider {
  const refuse = () => Promise.reject(new Error('the stand-in only knows captured payments'));
  const parseEvent = (body: string) => ({
    eventId: `evt_${body}`,
    eventType: 'payment_intent.succeeded',
    paymentId: body.split(' ')[0]!,
    ourId: null,
    captureId: null,
    kept: body,
  });
  return {
    name: 'stripe',
    keyKeptHours: 23,
    readPayment: async (providerPaymentId) => ({ kind: 'done', value: readPayment(providerPaymentId) }),
    verifyEvent: async (rawBody) => parseEvent(rawBody.toString()),
    parseEvent,
    refund: async ({ refundId, amountCents }) => ({
      kind: 'done',
      value: { providerRefundId: `re_${refundId}`, refundId, amountCents, state: 'succeeded', failureCode: null },
    }),
    createPayment: refuse,
    findPayment: refuse,
    cancelPayment: refuse,
    capturePayment: refuse,
    readRefund: refuse,
  };
}
