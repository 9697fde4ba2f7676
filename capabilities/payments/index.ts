import type { PaymentAttempt } from '#contracts/payments';
import type { Transaction } from '#platform/postgres';
import { applyProviderState, type Seen } from './apply-provider-state.ts';
import { attemptView, readAttempt } from './attempts.ts';
import { withBreaker } from './breaker.ts';
import { capturePayment } from './capture-payment.ts';
import { createLookLimit } from './look-limit.ts';
import { createPaymentLanes } from './payment-lanes.ts';
import type { PaymentsDeps, PaymentsOptions } from './payments-deps.ts';
import type { Headers } from './provider.ts';
import { receiveEvent } from './receive-event.ts';
import { reconcile } from './reconcile.ts';
import { type RefundOrderRequest, refundPayment } from './refund-payment.ts';
import { glanceAt } from './settle.ts';
import { type StartRequest, startPayment } from './start-payment.ts';

export type { CaptureAnswer } from './capture-payment.ts';
export type { Gathering, OrdersDoor, PaymentsOptions } from './payments-deps.ts';
export { createPaypalProvider, type PaypalSettings } from './paypal/paypal-provider.ts';
export type { PaymentProvider } from './provider.ts';
export type { EventAnswer } from './receive-event.ts';
export type { RefundAnswer } from './refund-payment.ts';
export type { StartAnswer } from './start-payment.ts';
export { createStripeProvider, type StripeSettings } from './stripe/stripe-provider.ts';

export type Payments = ReturnType<typeof createPayments>;

/** Paying for orders, through whichever providers have keys. */
export function createPayments(given: PaymentsOptions) {
  const deps: PaymentsDeps = {
    ...given,
    stripe: given.stripe && withBreaker(given.stripe, given.clock),
    paypal: given.paypal && withBreaker(given.paypal, given.clock),
    lanes: createPaymentLanes(given),
  };
  const looks = createLookLimit(given.clock, given.lookEveryMs);
  return {
    start: (request: StartRequest) => startPayment(deps, request),
    applyProviderState: (tx: Transaction, attemptId: string, seen: Seen) =>
      applyProviderState(deps, tx, { attemptId, seen }),
    /** The return page: what the provider says now, whatever the address bar says. Null when it is not the buyer's. */
    refresh: async (request: { attemptId: string; buyerId: string }): Promise<PaymentAttempt | null> => {
      const attempt = await readAttempt(deps.db, request.attemptId);
      if (attempt?.buyerId !== request.buyerId) return null;
      return attemptView(await glanceAt(deps, attempt, looks));
    },
    capture: (request: { attemptId: string; buyerId: string }) => capturePayment(deps, looks, request),
    refund: (request: RefundOrderRequest) => refundPayment(deps, request),
    handleStripeEvent: (rawBody: Buffer, headers: Headers) => receiveEvent(deps, 'stripe', rawBody, headers),
    handlePaypalEvent: (rawBody: Buffer, headers: Headers) => receiveEvent(deps, 'paypal', rawBody, headers),
    reconcile: (limit: number) => reconcile(deps, limit),
    /** Resolves when the money that is being applied is written down; what comes later is refused as overloaded. */
    close: () => deps.lanes.close(),
  };
}
