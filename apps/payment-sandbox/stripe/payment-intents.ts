import { randomBytes } from 'node:crypto';
import type { Charge, Intent, Json } from '../sandbox-state.ts';
import { stripeId } from '../sandbox-state.ts';
import { pixCode } from './pix-code.ts';
import { invalid, missing, StripeProblem } from './stripe-error.ts';
import type { StripeWorld } from './stripe-world.ts';

export type Card = { number: string; expMonth: number; expYear: number; cvc: string };

/** Test cards by number. What is not listed works. */
const DECLINES: Record<string, { code: string; decline_code?: string; message: string }> = {
  '4000000000000002': { code: 'card_declined', decline_code: 'generic_decline', message: 'Your card was declined.' },
  '4000000000009995': {
    code: 'card_declined',
    decline_code: 'insufficient_funds',
    message: 'Your card has insufficient funds.',
  },
  '4000000000000127': { code: 'incorrect_cvc', message: "Your card's security code is incorrect." },
  '4000000000000069': { code: 'expired_card', message: 'Your card has expired.' },
};
const NEEDS_AUTHENTICATION = '4000002500003155';

const CARD_OF_TEST_METHOD: Record<string, string> = {
  pm_card_visa: '4242424242424242',
  pm_card_visa_chargeDeclined: '4000000000000002',
  pm_card_visa_chargeDeclinedInsufficientFunds: '4000000000009995',
  pm_card_chargeDeclinedIncorrectCvc: '4000000000000127',
  pm_card_authenticationRequired: NEEDS_AUTHENTICATION,
};

export function createIntent(world: StripeWorld, params: Json): Intent {
  const amount = Number(params['amount']);
  if (!Number.isInteger(amount) || amount < 50) throw invalid('amount_too_small', 'Amount must be at least R$ 0.50.');
  if (params['currency'] !== 'brl') throw invalid('currency_invalid', 'The sandbox sells in BRL only.');
  const id = stripeId('pi');
  const types = (params['allowed_payment_method_types'] as string[] | undefined) ?? null;
  const intent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: types,
    amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: types ? null : { enabled: true, allow_redirects: 'always' },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${randomBytes(12).toString('hex')}`,
    confirmation_method: 'automatic',
    created: world.nowSeconds(),
    currency: 'brl',
    customer: null,
    customer_account: null,
    description: (params['description'] as string | undefined) ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: { ...(params['metadata'] as Record<string, string> | undefined) },
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: paymentMethodOptions(params),
    payment_method_types: types ?? ['card', 'pix'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  } as unknown as Intent;
  world.state.intents[id] = intent;
  world.tell('payment_intent.created', intent);
  if (params['confirm'] === 'true') confirmIntent(world, intent, params);
  return intent;
}

function paymentMethodOptions(params: Json): Json {
  const pix = (params['payment_method_options'] as Json | undefined)?.['pix'] as Json | undefined;
  if (!pix) return {};
  const seconds = Number(pix['expires_after_seconds'] ?? 14_400);
  if (!Number.isInteger(seconds) || seconds < 60 || seconds > 1_209_600) {
    throw invalid('parameter_invalid_integer', 'expires_after_seconds must be between 60 and 1209600.');
  }
  return { pix: { expires_after_seconds: seconds, expires_at: null } };
}

export function findIntent(world: StripeWorld, id: string): Intent {
  const intent = world.state.intents[id];
  if (!intent) throw missing(id);
  expirePix(world, intent);
  return intent;
}

/** A Pix code ends by the clock: whoever looks first sees it. */
export function expirePix(world: StripeWorld, intent: Intent): void {
  const pix = intent.next_action?.['pix_display_qr_code'] as { expires_at: number } | undefined;
  if (intent.status !== 'requires_action' || !pix || pix.expires_at > world.nowSeconds()) return;
  fallBack(world, intent, {
    type: 'invalid_request_error',
    code: 'payment_intent_payment_attempt_expired',
    message: 'The Pix expired before it was paid.',
  });
}

export function confirmIntent(world: StripeWorld, intent: Intent, params: Json, card?: Card): void {
  if (!['requires_payment_method', 'requires_confirmation'].includes(intent.status)) throw unexpectedState(intent);
  const data = params['payment_method_data'] as Json | undefined;
  if (data?.['type'] === 'pix') {
    showPix(world, intent, paymentMethodOptions(params));
    return;
  }
  const number = card?.number ?? CARD_OF_TEST_METHOD[(params['payment_method'] as string | undefined) ?? ''];
  if (!number) throw invalid('payment_intent_unexpected_state', 'A payment method is needed to confirm.');
  intent['payment_method'] = stripeId('pm');
  if (number === NEEDS_AUTHENTICATION) {
    intent.status = 'requires_action';
    intent.next_action = { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_challenge' } };
    world.tell('payment_intent.requires_action', intent);
    return;
  }
  chargeCard(world, intent, number);
}

/** The buyer's answer to the bank's question. */
export function finishChallenge(world: StripeWorld, intent: Intent, passed: boolean): void {
  if (intent.status !== 'requires_action' || intent.next_action?.['type'] !== 'use_stripe_sdk')
    throw unexpectedState(intent);
  intent.next_action = null;
  if (passed) succeed(world, intent, 'card', NEEDS_AUTHENTICATION.slice(-4));
  else {
    fallBack(world, intent, {
      type: 'card_error',
      code: 'payment_intent_authentication_failure',
      message: 'The bank could not confirm that it is you.',
    });
  }
}

function chargeCard(world: StripeWorld, intent: Intent, number: string) {
  const decline = DECLINES[number];
  if (!decline) return succeed(world, intent, 'card', number.slice(-4));
  const error = { type: 'card_error', ...decline };
  intent['payment_method'] = null;
  fallBack(world, intent, error);
  throw new StripeProblem(402, { ...error, payment_intent: intent });
}

function fallBack(world: StripeWorld, intent: Intent, error: Json) {
  intent.status = 'requires_payment_method';
  intent.next_action = null;
  intent.last_payment_error = error;
  world.tell('payment_intent.payment_failed', intent);
}

function showPix(world: StripeWorld, intent: Intent, options: Json) {
  const pix = (options['pix'] ?? { expires_after_seconds: 14_400 }) as { expires_after_seconds: number };
  intent['payment_method'] = stripeId('pm');
  intent['payment_method_options'] = options;
  intent.status = 'requires_action';
  intent.last_payment_error = null;
  intent.next_action = {
    type: 'pix_display_qr_code',
    pix_display_qr_code: {
      data: pixCode(intent.id, intent.amount),
      expires_at: world.nowSeconds() + pix.expires_after_seconds,
      hosted_instructions_url: `${world.url()}/#${intent.id}`,
    },
  };
  world.tell('payment_intent.requires_action', intent);
}

/** Somebody paid the Pix code in a bank's app. */
export function payPix(world: StripeWorld, intent: Intent): void {
  if (intent.status !== 'requires_action' || !intent.next_action?.['pix_display_qr_code'])
    throw unexpectedState(intent);
  intent.next_action = null;
  succeed(world, intent, 'pix', '');
}

export function cancelIntent(world: StripeWorld, intent: Intent, reason: string | null): void {
  if (['succeeded', 'processing', 'canceled'].includes(intent.status)) throw unexpectedState(intent);
  intent.status = 'canceled';
  intent['canceled_at'] = world.nowSeconds();
  intent['cancellation_reason'] = reason;
  intent.next_action = null;
  world.tell('payment_intent.canceled', intent);
}

function unexpectedState(intent: Intent) {
  return invalid('payment_intent_unexpected_state', `This PaymentIntent has status ${intent.status}.`, {
    payment_intent: intent,
  });
}

function succeed(world: StripeWorld, intent: Intent, type: 'card' | 'pix', last4: string) {
  const charge = newCharge(world, intent, type, last4);
  world.state.charges[charge.id] = charge;
  intent.status = 'succeeded';
  intent.amount_received = intent.amount;
  intent.latest_charge = charge.id;
  intent.last_payment_error = null;
  world.tell('charge.succeeded', charge);
  world.tell('payment_intent.succeeded', intent);
}

function newCharge(world: StripeWorld, intent: Intent, type: 'card' | 'pix', last4: string): Charge {
  const names =
    'application application_fee application_fee_amount calculated_statement_descriptor customer description ' +
    'failure_balance_transaction failure_code failure_message on_behalf_of outcome receipt_email receipt_number ' +
    'receipt_url review shipping source source_transfer statement_descriptor statement_descriptor_suffix ' +
    'transfer_data transfer_group';
  const none = Object.fromEntries(names.split(' ').map((name) => [name, null]));
  const address = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };
  return {
    ...none,
    id: stripeId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: intent.amount,
    amount_refunded: 0,
    balance_transaction: stripeId('txn'),
    billing_details: { address, email: null, name: null, phone: null, tax_id: null },
    captured: true,
    created: world.nowSeconds(),
    currency: 'brl',
    disputed: false,
    fraud_details: {},
    livemode: false,
    metadata: { ...intent.metadata },
    paid: true,
    payment_intent: intent.id,
    payment_method: intent['payment_method'],
    payment_method_details: type === 'pix' ? { type, pix: {} } : { type, card: cardDetails(last4) },
    refunded: false,
    status: 'succeeded',
  };
}

function cardDetails(last4: string): Json {
  return {
    amount_authorized: null,
    authorization_code: null,
    brand: 'visa',
    checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
    country: 'BR',
    electronic_commerce_indicator: null,
    exp_month: 12,
    exp_year: 2034,
    funding: 'credit',
    installments: null,
    last4,
    mandate: null,
    network: 'visa',
    network_transaction_id: null,
    regulated_status: null,
    three_d_secure: null,
    transaction_link_id: null,
    wallet: null,
  };
}
