import type Stripe from 'stripe';
import type { ProviderPayment, ProviderRefund, Resume } from '../provider.ts';

/** A PaymentIntent in our words. `method` in its metadata tells whether a fallen-back intent may be tried again. */
export function fromPaymentIntent(intent: Stripe.PaymentIntent): ProviderPayment {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const error = intent.last_payment_error;
  const captured = intent.status === 'succeeded';
  return {
    providerPaymentId: intent.id,
    providerCaptureId: charge?.id ?? (typeof intent.latest_charge === 'string' ? intent.latest_charge : null),
    attemptId: intent.metadata['attempt_id'] ?? null,
    state: stateOf(intent),
    capturedCents: captured ? intent.amount_received : null,
    currency: captured ? intent.currency.toUpperCase() : null,
    refundedCents: charge?.amount_refunded ?? 0,
    failureCode: error ? (error.decline_code ?? error.code ?? error.type) : null,
    resume: resumeOf(intent),
    refunds: (charge?.refunds?.data ?? []).map(fromRefund),
  };
}

export function fromRefund(refund: Stripe.Refund): ProviderRefund {
  return {
    providerRefundId: refund.id,
    refundId: refund.metadata?.['refund_id'] ?? null,
    amountCents: refund.amount,
    state: refundStateOf(refund.status),
    failureCode: refund.failure_reason ?? null,
  };
}

function stateOf(intent: Stripe.PaymentIntent): ProviderPayment['state'] {
  switch (intent.status) {
    case 'succeeded':
      return 'captured';
    case 'canceled':
      return 'cancelled';
    case 'processing':
    case 'requires_capture':
      return 'submitted';
    case 'requires_payment_method':
      return intent.metadata['method'] === 'pix' && intent.last_payment_error ? pixEnd(intent) : 'requires_action';
    default:
      // requires_confirmation, requires_action, and what Stripe may add: the buyer is not done.
      return 'requires_action';
  }
}

/** A Pix code is paid or it is over: nobody can try the same one again, a card form can. */
function pixEnd(intent: Stripe.PaymentIntent): 'expired' | 'failed' {
  return intent.last_payment_error?.code?.includes('expired') ? 'expired' : 'failed';
}

function resumeOf(intent: Stripe.PaymentIntent): Resume {
  const pix = intent.next_action?.pix_display_qr_code;
  if (intent.metadata['method'] !== 'pix') return intent.client_secret ? { clientSecret: intent.client_secret } : {};
  if (!pix?.data || !pix.expires_at) return {};
  return { pix: { code: pix.data, expiresAt: new Date(pix.expires_at * 1000).toISOString() } };
}

function refundStateOf(status: string | null): ProviderRefund['state'] {
  if (status === 'succeeded' || status === 'failed') return status;
  return status === 'canceled' ? 'cancelled' : 'pending';
}
