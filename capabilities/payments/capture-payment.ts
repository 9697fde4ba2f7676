import type { PaymentAttempt } from '#contracts/payments';
import { assert } from '#platform/fault';
import { applyProviderState } from './apply-provider-state.ts';
import { type Attempt, attemptView, lockAttempt, readAttempt } from './attempts.ts';
import { cancelAttempt } from './cancel-attempt.ts';
import type { LookLimit } from './look-limit.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import { askProvider, glanceAt, settle } from './settle.ts';
import { isActive } from './transitions.ts';

export type CaptureAnswer =
  | { outcome: 'captured' | 'processing'; attempt: PaymentAttempt }
  | { outcome: 'attempt_unknown' | 'attempt_over' | 'order_expired' | 'not_approved' }
  | { outcome: 'declined'; failureCode: string };

/** PayPal's onApprove: the buyer has agreed, now the money is taken, if the seats are still held. */
export async function capturePayment(
  deps: PaymentsDeps,
  looks: LookLimit,
  request: { attemptId: string; buyerId: string },
): Promise<CaptureAnswer> {
  const found = await readAttempt(deps.db, request.attemptId);
  if (found?.buyerId !== request.buyerId) return { outcome: 'attempt_unknown' };
  if (found.provider !== 'paypal') return afterwards(await glanceAt(deps, found, looks));
  const ready = await markCapturing(deps, request.attemptId);
  if (ready.outcome === 'order_expired') {
    await cancelAttempt(deps, found, 'expired');
    return { outcome: 'order_expired' };
  }
  if (ready.outcome === 'elsewhere') return afterwards(await glanceAt(deps, ready.attempt, looks));
  const { attempt } = ready;
  const answer = await askProvider(deps, attempt.attemptId, () =>
    // A refused capture may be tried with another card: that is a new request, not a replay of the refusal.
    providerNamed(deps, 'paypal').capturePayment(ready.paymentId, `${attempt.attemptId}-capture-${attempt.captureNo}`),
  );
  if (answer.kind === 'done') return afterwards((await settle(deps, attempt.attemptId, answer.value)) ?? attempt);
  const failureCode = answer.code.toLowerCase();
  const refused = { state: 'requires_action', failureCode, providerPaymentId: null, capture: 'refused' } as const;
  await settle(deps, attempt.attemptId, refused);
  if (answer.code === 'ORDER_NOT_APPROVED') return { outcome: 'not_approved' };
  return { outcome: 'declined', failureCode };
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
    const asked = { state: 'submitted', failureCode: null, providerPaymentId: null, capture: 'asked' } as const;
    const applied = await applyProviderState(deps, tx, { attemptId, seen: asked });
    assert(applied?.attempt.capturing, 'a live attempt that cannot be captured');
    return { outcome: 'ready', attempt: applied.attempt, paymentId: attempt.providerPaymentId };
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
