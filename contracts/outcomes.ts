// What can be answered to a request, in order of precedence: the first that applies wins. The SQL that decides keeps
// the same order, HTTP status is chosen only at the edge, and sentences for people live only in the web app.

export const TICKETS_PER_BUYER_MAX = 10;

/** Answers to a hold request (capabilities/holds/hold-seats.fn.sql). */
export const HOLD_OUTCOMES = [
  'screening_unknown', // No such screening.
  'screening_closed', // Sales not open yet, over, paused, or the screening was cancelled.
  'seat_unknown', // A seat number that the auditorium does not have, or a ticket never registered.
  'limit_reached', // Would exceed 10 tickets of this screening for this CPF.
  'seat_taken', // At least one of the seats belongs to somebody else.
  'half_price_exhausted', // The legal quota of half-price tickets is used up.
  'held',
] as const;
export type HoldOutcome = (typeof HOLD_OUTCOMES)[number];

export const ORDER_STATES = ['held', 'awaiting_payment', 'paid', 'expired', 'cancelled', 'refunded'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

export const PAYMENT_STATES = [
  'created',
  'submitted',
  'requires_action',
  'captured',
  'failed',
  'cancelled',
  'expired',
  'unknown',
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** What the gate says about one scan, in order of precedence. */
export const ADMISSION_OUTCOMES = [
  'unreadable', // Not one of our tokens, or the signature is wrong.
  'unknown', // A well-formed code that no ticket has.
  'wrong_screening',
  'revoked', // Refunded, cancelled or transferred.
  'already_admitted',
  'too_early',
  'too_late',
  'admitted_check_proof', // Half price: admitted, look at the document.
  'admitted',
] as const;
export type AdmissionOutcome = (typeof ADMISSION_OUTCOMES)[number];
