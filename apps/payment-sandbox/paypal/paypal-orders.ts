import type { Json, Money, PaypalCapture, PaypalOrder, PaypalRefund, SandboxState } from '../sandbox-state.ts';
import { paypalId } from '../sandbox-state.ts';

export type PaypalWorld = {
  state: SandboxState;
  now(): Date;
  url(): string;
  tell(type: string, resourceType: string, resource: Json): void;
};

// Word for word: PayPal's description lists them as the only values.
const MESSAGES: Record<number, string> = {
  400: 'Request is not well-formed, syntactically incorrect, or violates schema.',
  401: 'Authentication failed due to missing authorization header, or invalid authentication credentials.',
  404: 'The specified resource does not exist.',
  422: 'The requested action could not be performed, semantically incorrect, or failed business validation.',
};

/** An answer that is an error, in PayPal's shape. */
export class PaypalProblem extends Error {
  readonly status: number;
  readonly body: Json;

  constructor(status: number, name: string, issue?: string) {
    super(issue ?? name);
    this.status = status;
    this.body = {
      name,
      message: MESSAGES[status] ?? 'The request was refused.',
      debug_id: paypalId().toLowerCase(),
      ...(issue ? { details: [{ issue, description: issue.replaceAll('_', ' ').toLowerCase() }] } : {}),
      links: [],
    };
  }
}

const refuse = (issue: string) => new PaypalProblem(422, 'UNPROCESSABLE_ENTITY', issue);

const MONEY = /^\d{1,9}\.\d{2}$/;
const centsOf = (money: Money) => Math.round(Number(money.value) * 100);
const moneyOf = (cents: number): Money => ({ currency_code: 'BRL', value: (cents / 100).toFixed(2) });
const APPROVAL_HOURS = 3;

export function createOrder(world: PaypalWorld, body: Json): PaypalOrder {
  const units = body['purchase_units'] as Json[] | undefined;
  const unit = units?.[0];
  const amount = unit?.['amount'] as Money | undefined;
  if (body['intent'] !== 'CAPTURE' || units?.length !== 1 || !amount) {
    throw new PaypalProblem(400, 'INVALID_REQUEST', 'MISSING_REQUIRED_PARAMETER');
  }
  if (amount.currency_code !== 'BRL' || !MONEY.test(amount.value) || centsOf(amount) < 1) {
    throw refuse('INVALID_CURRENCY_CODE');
  }
  const id = paypalId();
  const time = world.now().toISOString().replace(/\.\d+/, '');
  const order: PaypalOrder = {
    id,
    intent: 'CAPTURE',
    status: body['payment_source'] ? 'PAYER_ACTION_REQUIRED' : 'CREATED',
    purchase_units: [
      {
        reference_id: unit!['reference_id'] ?? 'default',
        amount,
        payee: { email_address: 'loja@poltrona.example', merchant_id: 'PTRNSANDBX234' },
        ...(unit!['custom_id'] ? { custom_id: unit!['custom_id'] } : {}),
        ...(unit!['invoice_id'] ? { invoice_id: unit!['invoice_id'] } : {}),
      },
    ],
    payment_source: { paypal: {} },
    create_time: time,
    update_time: time,
    links: linksOf(world, id),
  };
  world.state.paypalOrders[id] = order;
  return order;
}

function linksOf(world: PaypalWorld, id: string) {
  const base = `${world.url()}/v2/checkout/orders/${id}`;
  return [
    { href: base, rel: 'self', method: 'GET' },
    { href: `${world.url()}/paypal/approve?token=${id}`, rel: 'payer-action', method: 'GET' },
    { href: `${base}/capture`, rel: 'capture', method: 'POST' },
  ];
}

export function findOrder(world: PaypalWorld, id: string): PaypalOrder {
  const order = world.state.paypalOrders[id];
  if (!order) throw new PaypalProblem(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
  return order;
}

/** The buyer agrees in PayPal's window. No money moves. */
export function approveOrder(world: PaypalWorld, id: string, options: { declines?: boolean } = {}): PaypalOrder {
  const order = findOrder(world, id);
  if (order.status === 'COMPLETED') throw refuse('ORDER_ALREADY_COMPLETED');
  order.status = 'APPROVED';
  order['payer'] = { payer_id: 'SANDBXPAYER22', email_address: 'comprador@poltrona.example' };
  if (options.declines) order['sandbox_declines'] = true;
  else delete order['sandbox_declines'];
  touch(world, order);
  world.tell('CHECKOUT.ORDER.APPROVED', 'checkout-order', shown(order));
  return order;
}

export function captureOrder(world: PaypalWorld, id: string, mocked: string | null, pending: boolean): PaypalOrder {
  const order = findOrder(world, id);
  if (mocked) throw refuse(mocked);
  if (order.status === 'COMPLETED') throw refuse('ORDER_ALREADY_CAPTURED');
  const age = world.now().getTime() - new Date(String(order['create_time'])).getTime();
  if (age > APPROVAL_HOURS * 3_600_000) throw refuse('ORDER_EXPIRED');
  if (order.status !== 'APPROVED') throw refuse('ORDER_NOT_APPROVED');
  if (order['sandbox_declines']) {
    order.status = 'PAYER_ACTION_REQUIRED';
    delete order['sandbox_declines'];
    throw refuse('INSTRUMENT_DECLINED');
  }
  const unit = order.purchase_units[0]!;
  const invoiced = Object.values(world.state.paypalCaptures).some(
    (other) => other['invoice_id'] !== undefined && other['invoice_id'] === unit['invoice_id'],
  );
  if (invoiced) throw refuse('DUPLICATE_INVOICE_ID');
  const amount = unit['amount'] as Money;
  const time = world.now().toISOString().replace(/\.\d+/, '');
  const capture = {
    id: paypalId(),
    status: pending ? 'PENDING' : 'COMPLETED',
    ...(pending ? { status_details: { reason: 'PENDING_REVIEW' } } : {}),
    amount,
    final_capture: true,
    seller_protection: { status: 'ELIGIBLE', dispute_categories: ['ITEM_NOT_RECEIVED', 'UNAUTHORIZED_TRANSACTION'] },
    ...(unit['custom_id'] ? { custom_id: unit['custom_id'] as string } : {}),
    ...(unit['invoice_id'] ? { invoice_id: unit['invoice_id'] } : {}),
    create_time: time,
    update_time: time,
    links: [],
    order_id: id,
  };
  world.state.paypalCaptures[capture.id] = capture;
  order.status = 'COMPLETED';
  touch(world, order);
  tellCapture(world, `PAYMENT.CAPTURE.${capture.status}`, capture);
  return order;
}

/** A capture that PayPal looked at for a while: it comes or it does not. */
export function decideCapture(world: PaypalWorld, orderId: string, completed: boolean): void {
  const capture = Object.values(world.state.paypalCaptures).find((other) => other.order_id === orderId);
  if (capture?.status !== 'PENDING') throw refuse('CAPTURE_NOT_PENDING');
  capture.status = completed ? 'COMPLETED' : 'DECLINED';
  delete capture['status_details'];
  tellCapture(world, completed ? 'PAYMENT.CAPTURE.COMPLETED' : 'PAYMENT.CAPTURE.DENIED', capture);
}

function tellCapture(world: PaypalWorld, type: string, capture: PaypalCapture & { order_id: string }) {
  const resource = { ...shownCapture(capture), supplementary_data: { related_ids: { order_id: capture.order_id } } };
  world.tell(type, 'capture', resource);
}

export function refundCapture(world: PaypalWorld, captureId: string, body: Json): PaypalRefund {
  const capture = world.state.paypalCaptures[captureId];
  if (!capture) throw new PaypalProblem(404, 'RESOURCE_NOT_FOUND', 'INVALID_RESOURCE_ID');
  if (capture.status === 'REFUNDED') throw refuse('CAPTURE_FULLY_REFUNDED');
  const left = centsOf(capture.amount) - refundedCents(world.state, captureId);
  const asked = body['amount'] as Money | undefined;
  const cents = asked ? centsOf(asked) : left;
  if (cents > left) throw refuse('REFUND_AMOUNT_EXCEEDED');
  const time = world.now().toISOString().replace(/\.\d+/, '');
  const refund = {
    id: paypalId(),
    status: 'COMPLETED',
    amount: moneyOf(cents),
    ...(body['custom_id'] ? { custom_id: body['custom_id'] } : {}),
    create_time: time,
    update_time: time,
    links: [{ href: `${world.url()}/v2/payments/captures/${captureId}`, rel: 'up', method: 'GET' }],
    capture_id: captureId,
  };
  world.state.paypalRefunds[refund.id] = refund;
  capture.status = cents === left ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
  world.tell('PAYMENT.CAPTURE.REFUNDED', 'refund', shownRefund(refund));
  return refund;
}

export function refundedCents(state: SandboxState, captureId: string): number {
  return Object.values(state.paypalRefunds)
    .filter((refund) => refund.capture_id === captureId && refund.status === 'COMPLETED')
    .reduce((sum, refund) => sum + centsOf(refund.amount), 0);
}

/** An order with its captures and refunds, without what only the sandbox knows. */
export function orderView(world: PaypalWorld, order: PaypalOrder): Json {
  const captures = Object.values(world.state.paypalCaptures).filter((capture) => capture.order_id === order.id);
  const refunds = Object.values(world.state.paypalRefunds).filter((refund) =>
    captures.some((capture) => capture.id === refund.capture_id),
  );
  const payments = {
    captures: captures.map(shownCapture),
    ...(refunds.length > 0 ? { refunds: refunds.map(shownRefund) } : {}),
  };
  const unit = order.purchase_units[0]!;
  return { ...shown(order), purchase_units: [captures.length > 0 ? { ...unit, payments } : unit] };
}

function shown(order: PaypalOrder): PaypalOrder {
  const { sandbox_declines: _declines, ...rest } = order;
  return rest as PaypalOrder;
}

export function shownCapture({ order_id: _orderId, ...capture }: PaypalCapture & { order_id: string }): Json {
  return capture;
}

export function shownRefund({ capture_id: _captureId, ...refund }: PaypalRefund & { capture_id: string }): Json {
  return refund;
}

function touch(world: PaypalWorld, order: PaypalOrder) {
  order['update_time'] = world.now().toISOString().replace(/\.\d+/, '');
}
