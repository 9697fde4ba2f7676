import { assert } from '#platform/fault';
import { newShardedId } from '#platform/ids';
import { tell } from '#platform/outbox';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { type Attempt, type Fulfilment, lockAttempt } from './attempts.ts';
import type { PaymentsDeps } from './payments-deps.ts';
import type { ProviderPayment } from './provider.ts';
import { noteRefunds } from './refunds.ts';
import { isActive, type SeenState, TRANSITIONS } from './transitions.ts';

/**
 * A look at the provider: its object in our words, or a call that told nothing but its failure. `capture` is our own
 * PayPal capture: about to be asked for, or answered with a no that moved nothing. It has no way past the table either.
 */
export type Seen =
  | ProviderPayment
  | {
      state: SeenState;
      failureCode: string | null;
      providerPaymentId: null;
      capture?: 'asked' | 'refused';
    };

export type Applied = {
  attempt: Attempt;
  /** A refund row written in this transaction; who called hands it to the provider after the commit. */
  refundDue: string | null;
};

/**
 * THE way an attempt changes. Webhook, return page, reconciler and staff all end here, under the row's lock, with the
 * provider's object just read: so order and number of the events do not matter. Money that arrives is recorded first;
 * then the order takes it, or it goes back by itself.
 */
export async function applyProviderState(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  attemptId: string,
  seen: Seen,
): Promise<Applied | null> {
  const attempt = await lockAttempt(tx, attemptId);
  if (!attempt) return null;
  const payment = seen.providerPaymentId === null ? null : (seen as ProviderPayment);
  if (payment) assertOurs(attempt, payment);
  const capture = 'capture' in seen ? seen.capture : undefined;
  const step = isStale(attempt, seen.state, capture) ? 'stay' : TRANSITIONS[attempt.state][seen.state];
  let refundDue: string | null = null;
  if (step === 'move' && seen.state === 'captured') {
    assert(payment, 'captured without the object that says so');
    refundDue = await takeMoney(deps, tx, attempt, payment);
  } else if (step !== 'stay') {
    await tx.rows(MOVE, [
      attempt.screeningId,
      attemptId,
      seen.state,
      payment?.providerPaymentId ?? null,
      payment?.providerCaptureId ?? null,
      payment ? JSON.stringify(payment.resume) : null,
      seen.failureCode,
      capture === 'asked',
    ]);
    if (isActive(attempt.state) && (seen.state === 'failed' || seen.state === 'expired')) {
      await tellFailure(tx, attempt, seen.failureCode ?? seen.state);
    }
  }
  if (step !== 'stay') await deps.orders.orderChanged(tx, attempt.orderId);
  if (payment) await noteRefunds(deps, tx, attempt, payment.refunds);
  const after = await lockAttempt(tx, attemptId);
  assert(after, 'a locked attempt vanished');
  return { attempt: after, refundDue };
}

/**
 * While a capture call is on its way, a look from before it must not open the attempt again; only that call's own no
 * may, and only while it is the one awaited.
 */
function isStale(attempt: Attempt, seen: SeenState, capture: 'asked' | 'refused' | undefined): boolean {
  if (capture === 'refused') return !attempt.capturing;
  return attempt.capturing && (seen === 'requires_action' || seen === 'cancelled');
}

function assertOurs(attempt: Attempt, payment: ProviderPayment) {
  assert(payment.attemptId === attempt.attemptId, 'a payment applied to an attempt that it does not name');
  assert(
    attempt.providerPaymentId === null || attempt.providerPaymentId === payment.providerPaymentId,
    'an attempt with two payments at the provider',
  );
}

async function takeMoney(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  attempt: Attempt,
  payment: ProviderPayment,
): Promise<string | null> {
  const paidCents = payment.capturedCents ?? 0;
  const fulfilment = await fulfil(deps, tx, attempt, payment, paidCents);
  await tx.rows(CAPTURE, [
    attempt.screeningId,
    attempt.attemptId,
    payment.providerPaymentId,
    payment.providerCaptureId,
    paidCents,
    payment.currency ?? attempt.currency,
    fulfilment,
  ]);
  const owedCents = paidCents - payment.refundedCents;
  if (fulfilment === 'paid' || owedCents <= 0 || attempt.provider === 'none') return null;
  const refundId = newShardedId(attempt.screeningId);
  await tx.rows(OWE, [
    attempt.screeningId,
    refundId,
    attempt.attemptId,
    attempt.orderId,
    attempt.provider,
    owedCents,
    fulfilment,
    `auto-${attempt.attemptId}`,
    attempt.correlationId,
  ]);
  await tell(tx, {
    topic: 'payment_refunded_automatically',
    correlationId: attempt.correlationId,
    payload: {
      screeningId: attempt.screeningId,
      orderId: attempt.orderId,
      attemptId: attempt.attemptId,
      amountCents: owedCents,
      reason: fulfilment,
    },
  });
  return refundId;
}

async function fulfil(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  attempt: Attempt,
  payment: ProviderPayment,
  paidCents: number,
): Promise<Fulfilment> {
  // Seen for the first time and already given back: no ticket for money that is gone.
  if (paidCents > 0 && payment.refundedCents >= paidCents) return 'refunded_before';
  if (paidCents !== attempt.amountCents || payment.currency !== attempt.currency) return 'amount_mismatch';
  return deps.orders.confirmPaid(tx, {
    screeningId: attempt.screeningId,
    orderId: attempt.orderId,
    paidCents,
    correlationId: attempt.correlationId,
  });
}

async function tellFailure(tx: Transaction, attempt: Attempt, failureCode: string) {
  await tell(tx, {
    topic: 'payment_failed',
    correlationId: attempt.correlationId,
    payload: {
      screeningId: attempt.screeningId,
      orderId: attempt.orderId,
      attemptId: attempt.attemptId,
      provider: attempt.provider,
      failureCode,
    },
  });
}

const MOVE = sql`
  update payments.attempts set
    state = $3, provider_payment_id = coalesce(provider_payment_id, $4),
    provider_capture_id = coalesce($5, provider_capture_id),
    resume = coalesce($6, resume), failure_code = case when $8 then null else coalesce($7, failure_code) end,
    capturing_since = case when $8 then now() end, capture_no = capture_no + $8::boolean::integer, updated_at = now()
  where screening_id = $1 and attempt_id = $2`;
const CAPTURE = sql`
  update payments.attempts set
    state = 'captured', provider_payment_id = coalesce(provider_payment_id, $3), provider_capture_id = $4,
    captured_cents = $5, captured_currency = $6, fulfilment = $7, failure_code = null, capturing_since = null,
    captured_at = now(), updated_at = now()
  where screening_id = $1 and attempt_id = $2`;
const OWE = sql`
  insert into payments.refunds (screening_id, refund_id, attempt_id, order_id, provider, amount_cents, state, reason,
    automatic, idempotency_key, correlation_id, next_check_at)
  values ($1, $2, $3, $4, $5, $6, 'created', $7, true, $8, $9, now() + interval '1 minute')`;
