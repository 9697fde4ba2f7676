import { screeningOf } from '#capabilities/orders';
import { newShardedId } from '#platform/ids';
import { tell } from '#platform/outbox';
import type { Queryable, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { Attempt } from './attempts.ts';
import type { PaymentsDeps } from './payments-deps.ts';
import type { ProviderName, ProviderRefund } from './provider.ts';

export type RefundState = 'created' | 'pending' | 'succeeded' | 'failed' | 'cancelled';

/** One row of payments.refunds. */
export type RefundRow = {
  screeningId: number;
  refundId: string;
  attemptId: string;
  orderId: string;
  provider: ProviderName;
  amountCents: number;
  state: RefundState;
  reason: string;
  automatic: boolean;
  idempotencyKey: string;
  providerRefundId: string | null;
  checks: number;
  correlationId: string;
  createdAt: Date;
};

/**
 * created ──► pending ──► succeeded ──► failed     a bank can send money back days later: the debt is open again
 *    └──────────┴──► failed | cancelled
 */
export const REFUND_TRANSITIONS: Record<RefundState, Record<ProviderRefund['state'], boolean>> = {
  created: { pending: true, succeeded: true, failed: true, cancelled: true },
  pending: { pending: false, succeeded: true, failed: true, cancelled: true },
  succeeded: { pending: false, succeeded: false, failed: true, cancelled: false },
  failed: { pending: false, succeeded: false, failed: false, cancelled: false },
  cancelled: { pending: false, succeeded: false, failed: false, cancelled: false },
};

export async function readRefund(db: Queryable, refundId: string): Promise<RefundRow | null> {
  const screeningId = screeningOf(refundId);
  return screeningId === null ? null : db.row<RefundRow>(READ, [screeningId, refundId]);
}

/** What is given back or on its way back of an attempt. Only meaningful while its row is locked. */
export async function refundedCents(tx: Transaction, attempt: Attempt): Promise<number> {
  const sum = await tx.row<{ cents: number }>(SUM, [attempt.screeningId, attempt.attemptId]);
  return sum?.cents ?? 0;
}

/** The provider's refunds of a payment, applied to ours; the attempt's row is locked by the caller. */
export async function noteRefunds(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  attempt: Attempt,
  seen: readonly ProviderRefund[],
): Promise<void> {
  for (const refund of seen) {
    // What stands in the provider's free text is ours only if it looks like it.
    const refundId = refund.refundId !== null && screeningOf(refund.refundId) !== null ? refund.refundId : null;
    const known = await tx.row<RefundRow>(FIND, [
      attempt.screeningId,
      attempt.attemptId,
      refundId,
      refund.providerRefundId,
    ]);
    if (known) await applyRefundState(deps, tx, attempt, known, refund);
    else await noteExternal(tx, attempt, refund);
  }
}

/** THE way a refund changes, under the lock of its attempt. A full refund of the paying attempt frees the seats. */
export async function applyRefundState(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  attempt: Attempt,
  refund: RefundRow,
  seen: Pick<ProviderRefund, 'state' | 'failureCode'> & { providerRefundId: string | null },
): Promise<void> {
  if (!REFUND_TRANSITIONS[refund.state][seen.state]) return;
  await tx.rows(MOVE, [refund.screeningId, refund.refundId, seen.state, seen.providerRefundId, seen.failureCode]);
  if (seen.state === 'failed' || seen.state === 'cancelled') {
    await tellRefund(tx, 'refund_failed', refund, seen.failureCode);
    return;
  }
  if (refund.state !== 'created' || attempt.fulfilment !== 'paid' || refund.reason === 'external') return;
  const accepted = await tx.row<{ cents: number }>(SUM_ACCEPTED, [attempt.screeningId, attempt.attemptId]);
  if ((accepted?.cents ?? 0) < (attempt.capturedCents ?? 0)) return;
  const { screeningId, orderId, correlationId } = attempt;
  await deps.orders.refundOrder(tx, { screeningId, orderId, reason: refund.reason, correlationId });
}

/** Made in the provider's own pages: it is in our books, and a person decides about the tickets. */
async function noteExternal(tx: Transaction, attempt: Attempt, seen: ProviderRefund) {
  const refundId = newShardedId(attempt.screeningId);
  const { screeningId, attemptId, orderId, provider, correlationId } = attempt;
  await tx.rows(INSERT_EXTERNAL, [
    screeningId,
    refundId,
    attemptId,
    orderId,
    provider,
    seen.amountCents,
    seen.state,
    `external-${seen.providerRefundId}`,
    seen.providerRefundId,
    correlationId,
  ]);
  const refund = { screeningId, orderId, attemptId, refundId, amountCents: seen.amountCents, correlationId };
  await tellRefund(tx, 'refund_seen_at_provider', refund, null);
}

async function tellRefund(
  tx: Transaction,
  topic: string,
  refund: Pick<RefundRow, 'screeningId' | 'orderId' | 'attemptId' | 'refundId' | 'amountCents' | 'correlationId'>,
  failureCode: string | null,
) {
  const { screeningId, orderId, attemptId, refundId, amountCents, correlationId } = refund;
  await tell(tx, {
    topic,
    correlationId,
    payload: { screeningId, orderId, attemptId, refundId, amountCents, failureCode },
  });
}

const READ = sql`
  select screening_id as "screeningId", refund_id as "refundId", attempt_id as "attemptId", order_id as "orderId",
    provider, amount_cents as "amountCents", state, reason, automatic, idempotency_key as "idempotencyKey",
    provider_refund_id as "providerRefundId", checks, correlation_id as "correlationId", created_at as "createdAt"
  from payments.refunds where screening_id = $1 and refund_id = $2`;
const FIND = READ.replace('refund_id = $2', 'attempt_id = $2 and (refund_id = $3::uuid or provider_refund_id = $4)');
const SUM = sql`
  select coalesce(sum(amount_cents), 0)::integer as cents from payments.refunds
  where screening_id = $1 and attempt_id = $2 and state in ('created', 'pending', 'succeeded')`;
const SUM_ACCEPTED = sql`
  select coalesce(sum(amount_cents), 0)::integer as cents from payments.refunds
  where screening_id = $1 and attempt_id = $2 and state in ('pending', 'succeeded')`;
const MOVE = sql`
  update payments.refunds set state = $3, provider_refund_id = coalesce(provider_refund_id, $4), failure_code = $5,
    next_check_at = now() + interval '10 minutes', updated_at = now()
  where screening_id = $1 and refund_id = $2`;
const INSERT_EXTERNAL = sql`
  insert into payments.refunds (screening_id, refund_id, attempt_id, order_id, provider, amount_cents, state, reason,
    idempotency_key, provider_refund_id, correlation_id)
  values ($1, $2, $3, $4, $5, $6, $7, 'external', $8, $9, $10) on conflict do nothing`;
