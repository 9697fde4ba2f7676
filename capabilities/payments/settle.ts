import { Fault, unreachable } from '#platform/fault';
import { applyProviderState, type Look, type Seen } from './apply-provider-state.ts';
import { type Attempt, readAttempt, requestOf } from './attempts.ts';
import type { SeenEvent } from './events.ts';
import type { LookLimit } from './look-limit.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import type { ProviderAnswer, ProviderPayment } from './provider.ts';
import { executeRefund } from './refund-payment.ts';

/**
 * Applies one look, then sends back at once what must go back. Money that has arrived gathers with its like
 * (payment-lanes.ts); anything else has a transaction of its own. Throws the Fault 'overloaded' when too much waits:
 * nothing was applied, and whoever asks again finds the same object.
 */
export async function settle(
  deps: PaymentsDeps,
  attemptId: string,
  seen: Seen,
  event?: SeenEvent,
): Promise<Attempt | null> {
  const look: Look = event ? { attemptId, seen, event } : { attemptId, seen };
  const applied = gathers(seen)
    ? await deps.lanes.settle(look)
    : await deps.db.transaction((tx) => applyProviderState(deps, tx, look));
  if (applied?.refundDue) await tryRefund(deps, applied.refundDue);
  return applied?.attempt ?? null;
}

/** Refunds may end the order, whose lock would come after its neighbours' tickets: such a look travels alone. */
function gathers(seen: Seen): boolean {
  return seen.state === 'captured' && 'refunds' in seen && seen.refunds.length === 0 && seen.refundedCents === 0;
}

/** The debt is written down: when the provider does not answer now, the reconciler asks again with the same key. */
async function tryRefund(deps: PaymentsDeps, refundId: string) {
  try {
    await executeRefund(deps, refundId);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    deps.log.warn({ refundId, code: error.code }, 'automatic refund is left to the reconciler');
  }
}

/** Calls the provider; a call that never answered leaves the attempt `unknown`, and the fault goes on up. */
export async function askProvider(
  deps: PaymentsDeps,
  attemptId: string,
  call: () => Promise<ProviderAnswer<ProviderPayment>>,
): Promise<ProviderAnswer<ProviderPayment>> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof Fault) {
      await settle(deps, attemptId, { state: 'unknown', failureCode: error.code, providerPaymentId: null });
    }
    throw error;
  }
}

/** The provider's own object, by its id, or by ours when we never learned the id. */
export async function lookAtProvider(deps: PaymentsDeps, attempt: Attempt): Promise<Seen> {
  const provider = providerNamed(deps, attempt.provider);
  if (attempt.providerPaymentId !== null) {
    const read = await provider.readPayment(attempt.providerPaymentId);
    if (read.kind === 'refused') throw new Fault('payment_not_found_at_provider', { retryable: true });
    return read.value;
  }
  const ageHours = (deps.clock.now().getTime() - attempt.createdAt.getTime()) / 3_600_000;
  if (ageHours >= provider.keyKeptHours) {
    const found = await provider.findPayment(requestOf(attempt));
    return found ?? { state: 'failed', failureCode: 'never_reached_provider', providerPaymentId: null };
  }
  const repeated = await provider.createPayment(requestOf(attempt));
  if (repeated.kind === 'refused') return seenOf(repeated);
  // A replayed answer is the first one again: what became of the payment since then, only a reading tells.
  return seenOf(await provider.readPayment(repeated.value.providerPaymentId));
}

/** A refused creation moved nothing and is over. */
export function seenOf(answer: ProviderAnswer<ProviderPayment>): Seen {
  switch (answer.kind) {
    case 'done':
      return answer.value;
    case 'refused':
      return { state: 'failed', failureCode: answer.code, providerPaymentId: null };
    default:
      return unreachable(answer);
  }
}

/** A fresh look at a live attempt, applied. */
export async function refreshAttempt(deps: PaymentsDeps, attempt: Attempt): Promise<Attempt> {
  if (attempt.provider === 'none') return attempt;
  // Nothing was shown to the buyer yet, so a look would only create what nobody waits for.
  if (attempt.providerPaymentId === null) return attempt;
  await settle(deps, attempt.attemptId, await lookAtProvider(deps, attempt));
  return (await readAttempt(deps.db, attempt.attemptId)) ?? attempt;
}

/** The look that a browser asks for, as often as it likes: too soon after the last one it is told what we know. */
export async function glanceAt(deps: PaymentsDeps, attempt: Attempt, looks: LookLimit): Promise<Attempt> {
  return looks.mayLook(attempt.attemptId) ? refreshAttempt(deps, attempt) : attempt;
}
