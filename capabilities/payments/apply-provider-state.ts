import { AGAIN } from '#platform/batcher';
import { assert } from '#platform/fault';
import { newShardedId } from '#platform/ids';
import { tell, tellAll } from '#platform/outbox';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { ATTEMPT, type Attempt, type Fulfilment, lockAttempts } from './attempts.ts';
import { finishEvents, type SeenEvent } from './events.ts';
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

export type Look = {
  attemptId: string;
  seen: Seen;
  /** The webhook that made us look; it is done when the look is applied, in the same transaction. */
  event?: SeenEvent;
};

/**
 * THE way attempts change. Webhook, return page, reconciler and staff all end here, under the rows' locks, with the
 * provider's objects just read: so order and number of the events do not matter. Money that arrives is recorded first;
 * then the order takes it, or it goes back by itself. One answer per look, in their order: null when there is no such
 * attempt; AGAIN, never for the first, when it meets an earlier look of the set and nothing of it was applied.
 */
export async function applyProviderStates(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  looks: readonly Look[],
): Promise<(Applied | null | typeof AGAIN)[]> {
  const locked = await lockAttempts(tx, [...new Set(looks.map((look) => look.attemptId))]);
  const answers = looks.map((): Applied | null | typeof AGAIN => null);
  const taken = new Set<string>();
  const money: Money[] = [];
  for (const [index, { attemptId, seen }] of looks.entries()) {
    const attempt = locked.get(attemptId);
    if (!attempt) continue;
    if (taken.has(attemptId)) {
      answers[index] = AGAIN;
      continue;
    }
    taken.add(attemptId);
    const payment = seen.providerPaymentId === null ? null : (seen as ProviderPayment);
    if (payment) assertOurs(attempt, payment);
    const capture = 'capture' in seen ? seen.capture : undefined;
    const step = isStale(attempt, seen.state, capture) ? 'stay' : TRANSITIONS[attempt.state][seen.state];
    if (step === 'move' && seen.state === 'captured') {
      assert(payment, 'captured without the object that says so');
      money.push({ index, attempt, payment });
    } else {
      const after = step === 'stay' ? attempt : await note(deps, tx, attempt, seen, capture === 'asked');
      answers[index] = { attempt: after, refundDue: null };
    }
  }
  for (const { index, applied } of await takeMoney(deps, tx, money)) answers[index] = applied;
  for (const [index, { seen }] of looks.entries()) {
    const applied = answers[index];
    if (!applied || applied === AGAIN || !('refunds' in seen)) continue;
    await noteRefunds(deps, tx, applied.attempt, seen.refunds);
  }
  const done = looks.filter((look, index) => look.event && answers[index] && answers[index] !== AGAIN);
  await finishEvents(
    tx,
    done.map((look) => ({ ...look.event!, result: 'applied' })),
  );
  return answers;
}

/** One look in a transaction of the caller's. Null when there is no such attempt. */
export async function applyProviderState(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  look: Look,
): Promise<Applied | null> {
  const [applied] = await applyProviderStates(deps, tx, [look]);
  assert(applied !== undefined && applied !== AGAIN, 'the first look of a set is always applied');
  return applied;
}

/** Everything but money: the new state, or what was learned without one. Answers the row as it is afterwards. */
async function note(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  attempt: Attempt,
  seen: Seen,
  captureAsked: boolean,
): Promise<Attempt> {
  const payment = seen.providerPaymentId === null ? null : (seen as ProviderPayment);
  const after = await tx.row<Attempt>(MOVE, [
    attempt.screeningId,
    attempt.attemptId,
    seen.state,
    payment?.providerPaymentId ?? null,
    payment?.providerCaptureId ?? null,
    payment ? JSON.stringify(payment.resume) : null,
    seen.failureCode,
    captureAsked,
  ]);
  assert(after, 'a locked attempt vanished');
  if (isActive(attempt.state) && (seen.state === 'failed' || seen.state === 'expired')) {
    await tellFailure(tx, attempt, seen.failureCode ?? seen.state);
  }
  await deps.orders.orderChanged(tx, attempt.orderId);
  return after;
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

type Money = { index: number; attempt: Attempt; payment: ProviderPayment };
type Settled = Money & { fulfilment: Fulfilment };

/** Orders take the money they can, in one call; what they cannot take goes back. Money of a rival order stays out. */
async function takeMoney(
  deps: Pick<PaymentsDeps, 'orders'>,
  tx: Transaction,
  money: readonly Money[],
): Promise<{ index: number; applied: Applied | typeof AGAIN }[]> {
  if (money.length === 0) return [];
  const refused = money.map(({ attempt, payment }) => refusalOf(attempt, payment));
  const asked = money.filter((_, at) => refused[at] === null);
  const outcomes = asked.length === 0 ? [] : await deps.orders.confirmAllPaid(tx, asked.map(orderPayment));
  const outcomeOf = new Map(asked.map(({ index }, at) => [index, outcomes[at]]));
  const settled: Settled[] = [];
  for (const [at, one] of money.entries()) {
    const fulfilment = refused[at] ?? outcomeOf.get(one.index);
    assert(fulfilment, 'orders answers every payment');
    if (fulfilment !== 'again') settled.push({ ...one, fulfilment });
  }
  const rows = settled.length === 0 ? [] : await tx.rows<Attempt>(CAPTURE, captureValues(settled));
  const after = new Map(rows.map((row) => [row.attemptId, row]));
  const refundOf = await oweBack(tx, settled);
  // Orders has told of those that it was asked about.
  for (const [at, { attempt }] of money.entries()) {
    if (refused[at] !== null) await deps.orders.orderChanged(tx, attempt.orderId);
  }
  return money.map(({ index, attempt: { attemptId } }) => {
    if (outcomeOf.get(index) === 'again') return { index, applied: AGAIN };
    const attempt = after.get(attemptId);
    assert(attempt, 'a locked attempt vanished');
    return { index, applied: { attempt, refundDue: refundOf.get(attemptId) ?? null } };
  });
}

/** Why the money cannot buy the order, before the order is asked; null when it may. */
function refusalOf(attempt: Attempt, payment: ProviderPayment): Fulfilment | null {
  const paidCents = payment.capturedCents ?? 0;
  // Seen for the first time and already given back: no ticket for money that is gone.
  if (paidCents > 0 && payment.refundedCents >= paidCents) return 'refunded_before';
  if (paidCents !== attempt.amountCents || payment.currency !== attempt.currency) return 'amount_mismatch';
  return null;
}

const orderPayment = ({ attempt, payment }: Money) => ({
  screeningId: attempt.screeningId,
  orderId: attempt.orderId,
  paidCents: payment.capturedCents ?? 0,
  correlationId: attempt.correlationId,
});

const captureValues = (settled: readonly Settled[]) => [
  settled.map(({ attempt }) => attempt.screeningId),
  settled.map(({ attempt }) => attempt.attemptId),
  settled.map(({ payment }) => payment.providerPaymentId),
  settled.map(({ payment }) => payment.providerCaptureId),
  settled.map(({ payment }) => payment.capturedCents ?? 0),
  settled.map(({ attempt, payment }) => payment.currency ?? attempt.currency),
  settled.map(({ fulfilment }) => fulfilment),
];

/** Writes down what goes back. Answers the refund of each attempt that has one. */
async function oweBack(tx: Transaction, settled: readonly Settled[]): Promise<Map<string, string>> {
  const owed = settled
    .map(({ attempt, payment, fulfilment }) => ({
      attempt,
      fulfilment,
      refundId: newShardedId(attempt.screeningId),
      amountCents: (payment.capturedCents ?? 0) - payment.refundedCents,
    }))
    .filter(
      ({ attempt, fulfilment, amountCents }) => fulfilment !== 'paid' && amountCents > 0 && attempt.provider !== 'none',
    );
  if (owed.length === 0) return new Map();
  await tx.rows(OWE, [
    owed.map(({ attempt }) => attempt.screeningId),
    owed.map(({ refundId }) => refundId),
    owed.map(({ attempt }) => attempt.attemptId),
    owed.map(({ attempt }) => attempt.orderId),
    owed.map(({ attempt }) => attempt.provider),
    owed.map(({ amountCents }) => amountCents),
    owed.map(({ fulfilment }) => fulfilment),
    owed.map(({ attempt }) => attempt.correlationId),
  ]);
  await tellAll(
    tx,
    owed.map(({ attempt: { screeningId, orderId, attemptId, correlationId }, amountCents, fulfilment }) => ({
      topic: 'payment_refunded_automatically',
      correlationId,
      payload: { screeningId, orderId, attemptId, amountCents, reason: fulfilment },
    })),
  );
  return new Map(owed.map(({ attempt, refundId }) => [attempt.attemptId, refundId]));
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

const MOVE = `
  update payments.attempts set
    state = $3, provider_payment_id = coalesce(provider_payment_id, $4),
    provider_capture_id = coalesce($5, provider_capture_id),
    resume = coalesce($6, resume), failure_code = case when $8 then null else coalesce($7, failure_code) end,
    capturing_since = case when $8 then now() end, capture_no = capture_no + $8::boolean::integer, updated_at = now()
  where screening_id = $1 and attempt_id = $2 returning ${ATTEMPT}`;
const CAPTURE = `
  update payments.attempts set
    state = 'captured', provider_payment_id = coalesce(provider_payment_id, n.payment),
    provider_capture_id = n.charge, captured_cents = n.cents, captured_currency = n.paid_in, fulfilment = n.did,
    failure_code = null, capturing_since = null, captured_at = now(), updated_at = now()
  from unnest($1::integer[], $2::uuid[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[])
    as n(shard, id, payment, charge, cents, paid_in, did)
  where screening_id = n.shard and attempt_id = n.id returning ${ATTEMPT}`;
const OWE = sql`
  insert into payments.refunds (screening_id, refund_id, attempt_id, order_id, provider, amount_cents, state, reason,
    automatic, idempotency_key, correlation_id, next_check_at)
  select shard, refund, attempt, bought, provider, cents, 'created', why, true, 'auto-' || attempt, correlation,
    now() + interval '1 minute'
  from unnest($1::integer[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::integer[], $7::text[], $8::uuid[])
    as n(shard, refund, attempt, bought, provider, cents, why, correlation)`;
