import {
  CaptureStatus,
  type Order,
  type OrdersCapture,
  OrderStatus,
  type Refund,
  RefundStatus,
} from '@paypal/paypal-server-sdk';
import type { ProviderPayment, ProviderRefund } from '../provider.ts';

/** PayPal's decimal text as integer minor units, and back. BRL has two decimals. */
export function centsOf(value: string): number {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(value);
  if (!match) return Number.NaN;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

export function decimalOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

export function fromOrder(order: Order): ProviderPayment {
  const unit = order.purchaseUnits?.[0];
  const capture = unit?.payments?.captures?.[0] ?? null;
  const state = stateOf(order, capture);
  return {
    providerPaymentId: order.id ?? '',
    providerCaptureId: capture?.id ?? null,
    attemptId: unit?.customId ?? capture?.customId ?? null,
    state,
    capturedCents: state === 'captured' && capture?.amount ? centsOf(capture.amount.value) : null,
    currency: state === 'captured' ? (capture?.amount?.currencyCode ?? null) : null,
    refundedCents: refundedOf(capture, unit?.payments?.refunds ?? []),
    failureCode: state === 'failed' ? (capture?.processorResponse?.responseCode ?? 'capture_declined') : null,
    resume: order.id ? { paypalOrderId: order.id } : {},
    refunds: (unit?.payments?.refunds ?? []).map(fromPaypalRefund),
  };
}

function stateOf(order: Order, capture: OrdersCapture | null): ProviderPayment['state'] {
  switch (capture?.status) {
    case CaptureStatus.Completed:
    case CaptureStatus.PartiallyRefunded:
    case CaptureStatus.Refunded:
      return 'captured';
    // Money is announced, not here: never a ticket for it.
    case CaptureStatus.Pending:
      return 'submitted';
    case CaptureStatus.Declined:
    case CaptureStatus.Failed:
      return 'failed';
    default:
      return order.status === OrderStatus.Voided ? 'cancelled' : 'requires_action';
  }
}

function refundedOf(capture: OrdersCapture | null, refunds: Refund[]): number {
  if (capture?.status === CaptureStatus.Refunded && capture.amount) return centsOf(capture.amount.value);
  return refunds
    .map(fromPaypalRefund)
    .filter((refund) => refund.state === 'succeeded')
    .reduce((sum, refund) => sum + refund.amountCents, 0);
}

export function fromPaypalRefund(refund: Refund): ProviderRefund {
  return {
    providerRefundId: refund.id ?? '',
    refundId: refund.customId ?? null,
    amountCents: refund.amount ? centsOf(refund.amount.value) : 0,
    state: refundStateOf(refund.status),
    failureCode: refund.statusDetails?.reason ?? null,
  };
}

function refundStateOf(status: RefundStatus | undefined): ProviderRefund['state'] {
  if (status === RefundStatus.Completed) return 'succeeded';
  if (status === RefundStatus.Failed) return 'failed';
  return status === RefundStatus.Cancelled ? 'cancelled' : 'pending';
}
