import { payableOrder } from '#capabilities/orders';
import type { PaymentAttempt } from '#contracts/payments';
import { assert, Fault } from '#platform/fault';
import { newShardedId } from '#platform/ids';
import { sql } from '#platform/sql';
import { applyProviderState } from './apply-provider-state.ts';
import {
  activeAttempt,
  type Attempt,
  attemptView,
  insertAttempt,
  payingAttempt,
  readAttempt,
  requestOf,
} from './attempts.ts';
import { cancelAttempt } from './cancel-attempt.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import type { PaymentMethod, ProviderName } from './provider.ts';
import { askProvider, lookAtProvider, refreshAttempt, seenOf, settle } from './settle.ts';
import { isActive } from './transitions.ts';

export type StartRequest = { orderId: string; buyerId: string; method: PaymentMethod };

export type StartAnswer =
  | { outcome: 'started' | 'paid'; attempt: PaymentAttempt }
  | {
      outcome:
        | 'order_unknown'
        | 'order_expired'
        | 'order_not_payable'
        | 'method_unavailable' // No keys for its provider.
        | 'pix_too_late' // Less of the hold is left than the shortest Pix code lives.
        | 'payment_unresolved' // An earlier attempt may still be paid; nothing new until that is known.
        | 'payment_refused'; // The provider said no for good.
      failureCode?: string | null;
    };

const PROVIDER_OF: Record<PaymentMethod, ProviderName> = { card: 'stripe', pix: 'stripe', paypal: 'paypal' };

// Stripe's shortest Pix; and the code ends a little before the seats do.
const PIX_SECONDS_MIN = 60;
const PIX_MARGIN_SECONDS = 5;

/** Begins to pay an order, or goes on where an earlier call of the same kind stopped. */
export async function startPayment(deps: PaymentsDeps, request: StartRequest): Promise<StartAnswer> {
  const order = await payableOrder(deps.db, { orderId: request.orderId });
  if (order?.buyerId !== request.buyerId) return { outcome: 'order_unknown' };
  if (!deps[PROVIDER_OF[request.method]]) return { outcome: 'method_unavailable' };

  const live = await activeAttempt(deps.db, request.orderId);
  if (live) {
    const freed = await freeTheWay(deps, live, request.method);
    if (freed) return freed;
  }
  const placed = await placeAttempt(deps, { ...request, ...order });
  if ('outcome' in placed) return placed;
  return callProvider(deps, placed, 'first');
}

/** What to do about a live attempt; null when the way is free for a new one. */
async function freeTheWay(deps: PaymentsDeps, live: Attempt, method: PaymentMethod): Promise<StartAnswer | null> {
  if (live.method === method && live.providerPaymentId === null && !live.isOver && !live.cancelling) {
    // A call that crashed or never answered: the same key and words again.
    return callProvider(deps, live, 'repeat');
  }
  const now =
    live.method === method && !live.isOver && !live.cancelling
      ? await refreshAttempt(deps, live)
      : await cancelAttempt(deps, live, live.isOver ? 'expired' : 'cancelled');
  if (now.state === 'captured') return { outcome: 'paid', attempt: await attemptView(now) };
  if (!isActive(now.state)) return null;
  if (now.method === method && now.state === 'requires_action') {
    return { outcome: 'started', attempt: await attemptView(now) };
  }
  return { outcome: 'payment_unresolved' };
}

type Placing = StartRequest & { screeningId: number; correlationId: string };

/** Row and key are committed before the provider hears anything. */
async function placeAttempt(deps: PaymentsDeps, request: Placing): Promise<Attempt | StartAnswer> {
  const { screeningId, orderId, buyerId, correlationId } = request;
  const attemptId = newShardedId(screeningId);
  const placed = await deps.db.transaction(async (tx) => {
    const order = await deps.orders.awaitPayment(tx, { screeningId, orderId });
    if (order.outcome !== 'awaiting') return order;
    // awaitPayment holds the order's row: two starts of one order come here one after the other.
    if (await activeAttempt(tx, orderId)) return { outcome: 'payment_unresolved' as const };
    const payUntil = new Date(order.heldUntil);
    const row = { attemptId, orderId, buyerId, amountCents: order.totalCents, payUntil, correlationId };
    if (order.totalCents === 0) {
      await insertAttempt(tx, { ...row, provider: 'none', method: 'none', request: {}, state: 'created' });
      await applyProviderState(deps, tx, { attemptId, seen: freePayment(attemptId) });
      return null;
    }
    const left = await tx.row<{ seconds: number }>(SECONDS_LEFT, [payUntil]);
    const pixSeconds = (left?.seconds ?? 0) - PIX_MARGIN_SECONDS;
    if (request.method === 'pix' && pixSeconds < PIX_SECONDS_MIN) return { outcome: 'pix_too_late' as const };
    await insertAttempt(tx, {
      ...row,
      provider: PROVIDER_OF[request.method],
      method: request.method,
      request: request.method === 'pix' ? { pixExpiresAfterSeconds: pixSeconds } : {},
      state: 'submitted',
    });
    return null;
  });
  if (placed) {
    const paid = placed.outcome === 'order_not_payable' ? await payingAttempt(deps.db, orderId) : null;
    return paid ? { outcome: 'paid', attempt: await attemptView(paid) } : placed;
  }
  const attempt = await readAttempt(deps.db, attemptId);
  assert(attempt, 'an attempt vanished after its commit');
  return attempt;
}

async function callProvider(deps: PaymentsDeps, attempt: Attempt, call: 'first' | 'repeat'): Promise<StartAnswer> {
  if (attempt.provider === 'none') return { outcome: 'paid', attempt: await attemptView(attempt) };
  const provider = providerNamed(deps, attempt.provider);
  const answer = await askProvider(deps, attempt.attemptId, async () => {
    if (call === 'first') return provider.createPayment(requestOf(attempt));
    const seen = await lookAtProvider(deps, attempt);
    return seen.providerPaymentId === null
      ? { kind: 'refused', code: seen.failureCode ?? 'refused' }
      : { kind: 'done', value: seen };
  });
  const after = await settle(deps, attempt.attemptId, seenOf(answer));
  assert(after, 'an attempt vanished while its provider was asked');
  if (answer.kind === 'refused') {
    if (answer.code === 'provider_busy') throw new Fault('provider_busy', { retryable: true });
    return { outcome: 'payment_refused', failureCode: answer.code };
  }
  if (after.state === 'captured') return { outcome: 'paid', attempt: await attemptView(after) };
  return { outcome: 'started', attempt: await attemptView(after) };
}

/** Nothing to pay: the same transition, without a provider. */
function freePayment(attemptId: string) {
  return {
    providerPaymentId: `none-${attemptId}`,
    providerCaptureId: null,
    attemptId,
    state: 'captured' as const,
    capturedCents: 0,
    currency: 'BRL',
    refundedCents: 0,
    failureCode: null,
    resume: {},
    refunds: [],
  };
}

const SECONDS_LEFT = sql`select floor(extract(epoch from $1::timestamptz - now()))::integer as seconds`;
