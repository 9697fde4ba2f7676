import type { PaymentAttempt } from '#contracts/payments';
import { sql } from '#platform/sql';
import { type Attempt, attemptView, lockAttempt, readAttempt } from './attempts.ts';
import { cancelAttempt } from './cancel-attempt.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import { askProvider, refreshAttempt, settle } from './settle.ts';
import { isActive } from './transitions.ts';

export type CaptureAnswer =
  | { outcome: 'captured' | 'processing'; attempt: PaymentAttempt }
  | { outcome: 'attempt_unknown' | 'attempt_over' | 'order_expired' | 'not_approved' }
  | { outcome: 'declined'; failureCode: string };

/** PayPal's onApprove: the buyer has agreed, now the money is taken, if the seats are still held. */
export async function capturePayment(
  deps: PaymentsDeps,
  request: { attemptId: string; buyerId: string },
): Promise<CaptureAnswer> {
  const found = await readAttempt(deps.db, request.attemptId);
  if (found?.buyerId !== request.buyerId) return { outcome: 'attempt_unknown' };
  if (found.provider !== 'paypal') return afterwards(await refreshAttempt(deps, found));
  const ready = await markCapturing(deps, request.attemptId);
  if (ready.outcome === 'order_expired') {
    await cancelAttempt(deps, found, 'expired');
    return { outcome: 'order_expired' };
  }
  if (ready.outcome === 'elsewhere') return afterwards(await refreshAttempt(deps, ready.attempt));
  const { attempt } = ready;
  const answer = await askProvider(deps, attempt.attemptId, () =>
    // A refused capture may be tried with another card: that is a new request, not a replay of the refusal.
    providerNamed(deps, 'paypal').capturePayment(ready.paymentId, `${attempt.attemptId}-capture-${attempt.captureNo}`),
  );
  if (answer.kind === 'done') return afterwards((await settle(deps, attempt.attemptId, answer.value)) ?? attempt);
  await deps.db.rows(REOPEN, [attempt.screeningId, attempt.attemptId, answer.code]);
  if (answer.code === 'ORDER_NOT_APPROVED') return { outcome: 'not_approved' };
  return { outcome: 'declined', failureCode: answer.code.toLowerCase() };
}

type Ready =
  | { outcome: 'ready'; attempt: Attempt; paymentId: string }
  | { outcome: 'elsewhere'; attempt: Attempt }
  | { outcome: 'order_expired' };

/** No money has moved yet: the hold is asked again, and from here on nobody cancels beside the capture. */
async function markCapturing(deps: PaymentsDeps, attemptId: string): Promise<Ready> {
  return deps.db.transaction(async (tx): Promise<Ready> => {
    // The attempt's row before the order's, as in every transition: the other way round they could wait for each other.
    const attempt = (await lockAttempt(tx, attemptId))!;
    if (!isActive(attempt.state) || attempt.cancelling || attempt.capturing || attempt.providerPaymentId === null) {
      return { outcome: 'elsewhere', attempt };
    }
    const order = await deps.orders.awaitPayment(tx, { screeningId: attempt.screeningId, orderId: attempt.orderId });
    if (order.outcome !== 'awaiting' || attempt.isOver) return { outcome: 'order_expired' };
    await tx.rows(MARK, [attempt.screeningId, attemptId]);
    return {
      outcome: 'ready',
      attempt: { ...attempt, captureNo: attempt.captureNo + 1 },
      paymentId: attempt.providerPaymentId,
    };
  });
}

async function afterwards(attempt: Attempt): Promise<CaptureAnswer> {
  if (attempt.state === 'captured') return { outcome: 'captured', attempt: await attemptView(attempt) };
  if (!isActive(attempt.state)) {
    return attempt.state === 'failed'
      ? { outcome: 'declined', failureCode: attempt.failureCode ?? 'declined' }
      : { outcome: 'attempt_over' };
  }
  return { outcome: 'processing', attempt: await attemptView(attempt) };
}

const MARK = sql`
  update payments.attempts set state = 'submitted', capturing_since = now(), capture_no = capture_no + 1,
    failure_code = null, updated_at = now()
  where screening_id = $1 and attempt_id = $2`;
const REOPEN = sql`
  update payments.attempts set state = 'requires_action', capturing_since = null, failure_code = lower($3),
    updated_at = now()
  where screening_id = $1 and attempt_id = $2 and state = 'submitted' and capturing_since is not null`;
