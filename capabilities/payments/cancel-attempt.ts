import { sql } from '#platform/sql';
import { type Attempt, lockAttempt } from './attempts.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import { lookAtProvider, settle } from './settle.ts';
import { isActive } from './transitions.ts';

/**
 * Ends a live attempt at the provider: the buyer pays another way, or the hold is over. The cancel can lose against a
 * payment; then the money counts. Answers the attempt as it is afterwards.
 */
export async function cancelAttempt(
  deps: PaymentsDeps,
  attempt: Attempt,
  as: 'cancelled' | 'expired',
): Promise<Attempt> {
  const marked = await deps.db.transaction(async (tx) => {
    const locked = await lockAttempt(tx, attempt.attemptId);
    if (!locked || !isActive(locked.state) || locked.capturing) return locked;
    await tx.rows(MARK, [locked.screeningId, locked.attemptId]);
    return { ...locked, cancelling: true };
  });
  if (!marked || !isActive(marked.state) || marked.capturing || marked.provider === 'none') return marked ?? attempt;
  const over = { state: as, failureCode: as === 'expired' ? 'hold_over' : null, providerPaymentId: null };
  const provider = providerNamed(deps, marked.provider);
  let paymentId = marked.providerPaymentId;
  if (paymentId === null && as === 'expired') {
    // A crash may lie between the provider's yes and our row: what is there must be found before it is closed.
    const found = await lookAtProvider(deps, marked);
    const after = await settle(deps, marked.attemptId, found);
    if (after && !isActive(after.state)) return after;
    paymentId = found.providerPaymentId;
  }
  // Never answered and never shown: no card, code or window exists in which it could be paid.
  if (paymentId === null) return (await settle(deps, marked.attemptId, over)) ?? marked;
  const cancelled = await provider.cancelPayment(paymentId, `${marked.attemptId}-cancel`);
  const seen = cancelled.kind === 'done' ? cancelled.value : over;
  const closed =
    seen.state === 'cancelled' && as === 'expired' ? { ...seen, state: as, failureCode: 'hold_over' } : seen;
  return (await settle(deps, marked.attemptId, closed)) ?? marked;
}

const MARK = sql`
  update payments.attempts set cancelling_since = now(), updated_at = now()
  where screening_id = $1 and attempt_id = $2`;
