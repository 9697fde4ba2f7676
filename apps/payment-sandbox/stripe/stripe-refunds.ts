import type { Json, StripeRefund } from '../sandbox-state.ts';
import { stripeId } from '../sandbox-state.ts';
import { invalid, missing } from './stripe-error.ts';
import type { StripeWorld } from './stripe-world.ts';

export function createRefund(world: StripeWorld, params: Json): StripeRefund {
  const asked = params as { payment_intent?: string; charge?: string };
  const intent = world.state.intents[asked.payment_intent ?? ''];
  const charge = world.state.charges[asked.charge ?? intent?.latest_charge ?? ''];
  if (!charge) throw missing(asked.payment_intent ?? asked.charge ?? '');
  const left = charge.amount - charge.amount_refunded;
  if (left === 0) throw invalid('charge_already_refunded', `Charge ${charge.id} has already been refunded.`);
  const amount = params['amount'] === undefined ? left : Number(params['amount']);
  if (!Number.isInteger(amount) || amount < 1) throw invalid('parameter_invalid_integer', 'Amount must be positive.');
  if (amount > left) {
    throw invalid(
      'amount_too_large',
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left}).`,
    );
  }
  const refund: StripeRefund = {
    id: stripeId('re'),
    object: 'refund',
    amount,
    balance_transaction: stripeId('txn'),
    charge: charge.id,
    created: world.nowSeconds(),
    currency: 'brl',
    customer: null,
    customer_account: null,
    metadata: { ...(params['metadata'] as Record<string, string> | undefined) },
    payment_intent: charge.payment_intent,
    payment_method: charge['payment_method'],
    reason: (params['reason'] as string | undefined) ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  };
  world.state.stripeRefunds[refund.id] = refund;
  charge.amount_refunded += amount;
  charge['refunded'] = charge.amount_refunded === charge.amount;
  world.tell('refund.created', refund);
  world.tell('charge.refunded', charge);
  return refund;
}

/** Days later the buyer's bank sends the money back. */
export function failRefund(world: StripeWorld, id: string): void {
  const refund = world.state.stripeRefunds[id];
  if (!refund) throw missing(id);
  refund.status = 'failed';
  refund['failure_reason'] = 'lost_or_stolen_card';
  const charge = world.state.charges[refund.charge]!;
  charge.amount_refunded -= refund.amount;
  charge['refunded'] = false;
  world.tell('refund.failed', refund);
}
