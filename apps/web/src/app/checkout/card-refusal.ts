import type { StripeError } from './providers.ts';

/**
 * Stripe's form tells these declines by itself, under its fields and in the page's language
 * (docs.stripe.com/payments/payment-element, "error messages"); a second sentence of ours would say the same twice.
 */
const TOLD_BY_THE_FORM: ReadonlySet<string | undefined> = new Set([
  'generic_decline',
  'insufficient_funds',
  'incorrect_zip',
  'incorrect_cvc',
  'invalid_cvc',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'expired_card',
  'fraudulent',
  'lost_card',
  'stolen_card',
  'card_velocity_exceeded',
]);

/** Whether the person has already read it in the form, and heard it from there. */
export function toldByTheForm(error: StripeError): boolean {
  return error.type === 'validation_error' || TOLD_BY_THE_FORM.has(error.decline_code ?? error.code);
}
