import { createHash } from 'node:crypto';
import { screeningOf } from '#capabilities/orders';
import { assert } from '#platform/fault';
import { newShardedId } from '#platform/ids';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { type Attempt, lockAttempt, payingAttempt, readAttempt } from './attempts.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import type { ProviderRefund } from './provider.ts';
import { applyRefundState, readRefund, refundedCents, type RefundRow, type RefundState } from './refunds.ts';

export type RefundOrderRequest = {
  orderId: string;
  /** Null gives back all that is left. */
  amountCents: number | null;
  reason: string;
  requestedBy: string;
  /** The caller's Idempotency-Key: the same key is the same refund, also after a crash between the two. */
  requestKey: string;
};

export type RefundAnswer =
  | { outcome: 'refunded' | 'pending'; refundId: string | null; amountCents: number }
  | { outcome: 'order_unknown' | 'nothing_paid' | 'refund_exceeds_payment' | 'payment_unresolved' }
  | { outcome: 'refund_refused'; failureCode: string };

const STATE_ANSWERS: Record<RefundState, 'refunded' | 'pending' | 'refund_refused'> = {
  created: 'pending',
  pending: 'pending',
  succeeded: 'refunded',
  failed: 'refund_refused',
  cancelled: 'refund_refused',
};

/** Staff give money back, in part or in full. A full refund frees the seats and revokes the tickets. */
export async function refundPayment(deps: PaymentsDeps, request: RefundOrderRequest): Promise<RefundAnswer> {
  if (screeningOf(request.orderId) === null) return { outcome: 'order_unknown' };
  const paying = await payingAttempt(deps.db, request.orderId);
  if (!paying) return { outcome: 'nothing_paid' };
  const placed = await deps.db.transaction((tx) => placeRefund(deps, tx, paying.attemptId, request));
  if ('outcome' in placed) return placed;
  await executeRefund(deps, placed.refundId);
  const refund = await readRefund(deps.db, placed.refundId);
  assert(refund, 'a refund vanished after its commit');
  const outcome = STATE_ANSWERS[refund.state];
  if (outcome === 'refund_refused') return { outcome, failureCode: placed.failureCode ?? 'refund_refused' };
  return { outcome, refundId: refund.refundId, amountCents: refund.amountCents };
}

type Placed = { refundId: string; failureCode?: string };

async function placeRefund(
  deps: PaymentsDeps,
  tx: Transaction,
  attemptId: string,
  request: RefundOrderRequest,
): Promise<Placed | RefundAnswer> {
  const attempt = (await lockAttempt(tx, attemptId))!;
  const key = createHash('sha256')
    .update(`${request.orderId}\n${request.requestedBy}\n${request.requestKey}`)
    .digest('hex');
  const known = await tx.row<Placed>(FIND_BY_KEY, [attempt.screeningId, key]);
  if (known) return known;
  if (attempt.provider === 'none') {
    const { screeningId, orderId, correlationId } = attempt;
    await deps.orders.refundOrder(tx, { screeningId, orderId, reason: request.reason, correlationId });
    return { outcome: 'refunded', refundId: null, amountCents: 0 };
  }
  const left = (attempt.capturedCents ?? 0) - (await refundedCents(tx, attempt));
  const amountCents = request.amountCents ?? left;
  if (amountCents > left || amountCents <= 0) return { outcome: 'refund_exceeds_payment' };
  const refundId = newShardedId(attempt.screeningId);
  await tx.rows(INSERT, [
    attempt.screeningId,
    refundId,
    attemptId,
    attempt.orderId,
    attempt.provider,
    amountCents,
    request.reason,
    key,
    request.requestedBy,
    attempt.correlationId,
  ]);
  return { refundId };
}

/**
 * Hands a written-down refund to the provider. Any number of callers, any number of times: the key is the row's, and
 * once the provider may have forgotten the key, its list of refunds is read first.
 */
export async function executeRefund(deps: PaymentsDeps, refundId: string): Promise<void> {
  const refund = await readRefund(deps.db, refundId);
  if (!refund || !['created', 'pending'].includes(refund.state)) return;
  const attempt = (await readAttempt(deps.db, refund.attemptId))!;
  const seen = await refundAtProvider(deps, attempt, refund);
  if (!seen) return;
  await deps.db.transaction(async (tx) => {
    const locked = (await lockAttempt(tx, attempt.attemptId))!;
    const now = (await readRefund(tx, refundId))!;
    await applyRefundState(deps, tx, locked, now, seen);
  });
}

type SeenRefund = Pick<ProviderRefund, 'state' | 'failureCode'> & { providerRefundId: string | null };

async function refundAtProvider(deps: PaymentsDeps, attempt: Attempt, refund: RefundRow): Promise<SeenRefund | null> {
  const provider = providerNamed(deps, attempt.provider);
  assert(attempt.providerPaymentId !== null, 'a refund of a payment that the provider does not know');
  if (refund.providerRefundId !== null) {
    const read = await provider.readRefund(refund.providerRefundId);
    return read.kind === 'done' ? read.value : null;
  }
  const existing = async () => {
    const read = await provider.readPayment(attempt.providerPaymentId!);
    return read.kind === 'done'
      ? (read.value.refunds.find((other) => other.refundId === refund.refundId) ?? null)
      : null;
  };
  const ageHours = (deps.clock.now().getTime() - refund.createdAt.getTime()) / 3_600_000;
  const made = ageHours >= provider.keyKeptHours ? await existing() : null;
  if (made) return made;
  const answer = await provider.refund({
    refundId: refund.refundId,
    attemptId: attempt.attemptId,
    providerPaymentId: attempt.providerPaymentId,
    providerCaptureId: attempt.providerCaptureId,
    amountCents: refund.amountCents,
    idempotencyKey: refund.idempotencyKey,
  });
  if (answer.kind === 'done') return answer.value;
  if (answer.code === 'provider_busy') return null;
  // "Already refunded" can be our own earlier call speaking.
  return (await existing()) ?? { state: 'failed', failureCode: answer.code, providerRefundId: null };
}

const FIND_BY_KEY = sql`
  select refund_id as "refundId", failure_code as "failureCode" from payments.refunds
  where screening_id = $1 and idempotency_key = $2`;
const INSERT = sql`
  insert into payments.refunds (screening_id, refund_id, attempt_id, order_id, provider, amount_cents, state, reason,
    idempotency_key, requested_by, correlation_id, next_check_at)
  values ($1, $2, $3, $4, $5, $6, 'created', $7, $8, $9, $10, now() + interval '1 minute')`;
