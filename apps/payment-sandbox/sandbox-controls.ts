import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Fault } from './faults.ts';
import {
  approveOrder,
  decideCapture,
  findOrder,
  orderView,
  type PaypalWorld,
  refundCapture,
} from './paypal/paypal-orders.ts';
import type { Json, Money, SandboxState } from './sandbox-state.ts';
import { findIntent, payPix, finishChallenge } from './stripe/payment-intents.ts';
import { createRefund, failRefund } from './stripe/stripe-refunds.ts';
import type { StripeWorld } from './stripe/stripe-world.ts';
import type { Webhooks } from './webhooks.ts';

type World = {
  state: SandboxState;
  stripe: StripeWorld;
  paypal: PaypalWorld;
  webhooks: Webhooks;
  authorityPem: string;
};

/** What no provider offers: being the buyer, the bank and bad luck. */
export function registerControls(app: FastifyInstance, world: World): void {
  const { state, stripe, paypal, webhooks } = world;
  type ById = { Params: { id: string } };

  app.get('/sandbox/health', () => ({ status: 'ok' }));
  app.get('/sandbox/ca.pem', (_request, reply) => reply.type('application/x-pem-file').send(world.authorityPem));
  app.get('/sandbox/payments', () => ({ payments: listPayments(world), deliveries: state.deliveries.slice(-200) }));
  app.get('/sandbox/ledger', () => ledger(state));
  app.post<ById>('/sandbox/pix/:id/pay', (request) => {
    const intent = findIntent(stripe, request.params.id);
    payPix(stripe, intent);
    return { status: intent.status };
  });
  app.post<ById>('/sandbox/pix/:id/expire', (request) => {
    const intent = findIntent(stripe, request.params.id);
    const pix = intent.next_action?.['pix_display_qr_code'] as { expires_at: number } | undefined;
    if (pix) pix.expires_at = 0;
    return { status: findIntent(stripe, request.params.id).status };
  });
  app.post<ById>('/sandbox/stripe/:id/refuse', (request) => {
    const intent = findIntent(stripe, request.params.id);
    finishChallenge(stripe, intent, false);
    return { status: intent.status };
  });
  app.post<ById>('/sandbox/stripe/:id/refund', (request) =>
    createRefund(stripe, { payment_intent: request.params.id }),
  );
  app.post<ById>('/sandbox/stripe/refunds/:id/fail', (request) => {
    failRefund(stripe, request.params.id);
    return { status: 'failed' };
  });
  // What PayPal's window shows the buyer.
  app.get<ById>('/sandbox/paypal/:id', (request) => {
    const amount = findOrder(paypal, request.params.id).purchase_units[0]!['amount'] as Money;
    return { value: amount.value, currency: amount.currency_code };
  });
  app.post<ById>('/sandbox/paypal/:id/approve', (request) => {
    const declines = bodyOf(request)['declines'] === true;
    return orderView(paypal, approveOrder(paypal, request.params.id, { declines }));
  });
  app.post<ById>('/sandbox/paypal/:id/pend', (request) => {
    state.faults.push({ kind: 'call', match: `PENDING ${request.params.id}`, effect: 'delay' });
    return { status: 'next capture is pending' };
  });
  app.post<ById>('/sandbox/paypal/:id/decide', (request) => {
    decideCapture(paypal, request.params.id, bodyOf(request)['completed'] === true);
    return { status: 'decided' };
  });
  app.post<ById>('/sandbox/paypal/:id/refund', (request) => {
    const capture = Object.values(state.paypalCaptures).find((other) => other.order_id === request.params.id);
    return refundCapture(paypal, capture?.id ?? '', {});
  });
  app.post<ById>('/sandbox/webhooks/:id/resend', (request, reply) =>
    webhooks.resend(request.params.id) ? { status: 'sent' } : reply.code(404).send({ status: 'unknown' }),
  );
  app.post('/sandbox/webhooks/release', () => ({ released: webhooks.release() }));
  app.post('/sandbox/faults', (request) => {
    state.faults.push(bodyOf(request) as Fault);
    return { faults: state.faults };
  });
  app.delete('/sandbox/faults', () => {
    state.faults.length = 0;
    return { faults: [] };
  });
}

function bodyOf(request: FastifyRequest): Json {
  return request.body ? (JSON.parse(request.body as string) as Json) : {};
}

const centsOf = (value: string) => Math.round(Number(value) * 100);

/** Money that really moved, by the shop's order: what the shop's own books must say. */
export function ledger(state: SandboxState) {
  const orders: Record<string, { capturedCents: number; refundedCents: number; captures: number }> = {};
  const line = (orderId: string) => (orders[orderId] ??= { capturedCents: 0, refundedCents: 0, captures: 0 });
  for (const intent of Object.values(state.intents)) {
    if (intent.status !== 'succeeded') continue;
    const entry = line(intent.metadata['order_id'] ?? intent.id);
    entry.capturedCents += intent.amount_received;
    entry.refundedCents += state.charges[intent.latest_charge ?? '']?.amount_refunded ?? 0;
    entry.captures += 1;
  }
  for (const capture of Object.values(state.paypalCaptures)) {
    if (capture.status === 'PENDING' || capture.status === 'DECLINED') continue;
    const unit = state.paypalOrders[capture.order_id]!.purchase_units[0]!;
    const entry = line(unit['reference_id'] as string);
    entry.capturedCents += centsOf(capture.amount.value);
    entry.captures += 1;
    entry.refundedCents += Object.values(state.paypalRefunds)
      .filter((refund) => refund.capture_id === capture.id && refund.status === 'COMPLETED')
      .reduce((sum, refund) => sum + centsOf(refund.amount.value), 0);
  }
  return { orders };
}

function listPayments({ state, stripe }: World) {
  const intents = Object.keys(state.intents).map((id) => {
    const intent = findIntent(stripe, id);
    const charge = state.charges[intent.latest_charge ?? ''];
    return {
      provider: 'stripe',
      id,
      method: intent.metadata['method'] ?? 'card',
      status: intent.status,
      amountCents: intent.amount,
      refundedCents: charge?.amount_refunded ?? 0,
      createdAt: new Date(intent.created * 1000).toISOString(),
      can: actionsOf(intent.status, intent.next_action, charge !== undefined && !charge['refunded']),
    };
  });
  const orders = Object.values(state.paypalOrders).map((order) => {
    const amount = order.purchase_units[0]!['amount'] as { value: string };
    const capture = Object.values(state.paypalCaptures).find((other) => other.order_id === order.id);
    return {
      provider: 'paypal',
      id: order.id,
      method: 'paypal',
      status: capture?.status ?? order.status,
      amountCents: centsOf(amount.value),
      refundedCents: Object.values(state.paypalRefunds)
        .filter((refund) => refund.capture_id === capture?.id)
        .reduce((sum, refund) => sum + centsOf(refund.amount.value), 0),
      createdAt: String(order['create_time']),
      can: capture ? (capture.status === 'COMPLETED' ? ['refund'] : []) : ['approve'],
    };
  });
  return [...intents, ...orders].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
}

function actionsOf(status: string, nextAction: Json | null, refundable: boolean): string[] {
  if (status === 'requires_action') return nextAction?.['pix_display_qr_code'] ? ['pay', 'expire'] : ['refuse'];
  return status === 'succeeded' && refundable ? ['refund'] : [];
}
