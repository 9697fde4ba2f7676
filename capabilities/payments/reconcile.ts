import { Fault } from '#platform/fault';
import { sql } from '#platform/sql';
import { type Attempt, readAttempt } from './attempts.ts';
import { cancelAttempt } from './cancel-attempt.ts';
import type { PaymentsDeps } from './payments-deps.ts';
import { retryEvents } from './receive-event.ts';
import { executeRefund } from './refund-payment.ts';
import { lookAtProvider, settle } from './settle.ts';

export type Reconciled = { attempts: number; refunds: number; events: number; waiting: number };

/**
 * Asks about everything whose end is not known: attempts that nobody reported on, attempts whose hold is over, refunds
 * on their way, events that came too early. Claims are leases (next_check_at), so workers may run side by side and a
 * killed one loses nothing. The worker calls it every few seconds.
 */
export async function reconcile(deps: PaymentsDeps, limit: number): Promise<Reconciled> {
  const done: Reconciled = { attempts: 0, refunds: 0, events: 0, waiting: 0 };
  const attempts = await deps.db.rows<{ attemptId: string }>(CLAIM_ATTEMPTS, [limit]);
  for (const { attemptId } of attempts) {
    if (await survives(deps, { attemptId }, () => checkAttempt(deps, attemptId))) done.attempts += 1;
    else done.waiting += 1;
  }
  const refunds = await deps.db.rows<{ refundId: string }>(CLAIM_REFUNDS, [limit]);
  for (const { refundId } of refunds) {
    if (await survives(deps, { refundId }, () => executeRefund(deps, refundId))) done.refunds += 1;
    else done.waiting += 1;
  }
  done.events = await retryEvents(deps, limit);
  return done;
}

async function checkAttempt(deps: PaymentsDeps, attemptId: string): Promise<void> {
  const attempt = await readAttempt(deps.db, attemptId);
  if (!attempt || attempt.provider === 'none') return;
  if (attempt.isOver || attempt.cancelling) await end(deps, attempt);
  else await settle(deps, attemptId, await lookAtProvider(deps, attempt));
}

async function end(deps: PaymentsDeps, attempt: Attempt): Promise<void> {
  await cancelAttempt(deps, attempt, attempt.isOver ? 'expired' : 'cancelled');
}

/** One provider that is down must not keep the others' money waiting. */
async function survives(deps: PaymentsDeps, ids: Record<string, string>, run: () => Promise<unknown>) {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    deps.log.warn({ ...ids, code: error.code }, 'payment is asked about again later');
    return false;
  }
}

// Growing intervals, a quarter of an hour at most, but never past the end of the hold: then it is cancelled.
const CLAIM_ATTEMPTS = sql`
  update payments.attempts set checks = least(checks + 1, 1000),
    next_check_at = case
      when pay_until > now() then
        least(now() + interval '30 seconds' * power(2, least(checks, 5)), pay_until + interval '1 second')
      else now() + least(interval '30 seconds' * power(2, least(checks, 5)), interval '15 minutes') end
  where (screening_id, attempt_id) in (
    select screening_id, attempt_id from payments.attempts
    where state in ('created', 'submitted', 'requires_action', 'unknown') and next_check_at <= now()
    order by next_check_at limit $1 for update skip locked)
  returning attempt_id as "attemptId"`;
const CLAIM_REFUNDS = sql`
  update payments.refunds set checks = least(checks + 1, 1000),
    next_check_at = now() + least(interval '30 seconds' * power(2, least(checks, 7)), interval '1 hour')
  where (screening_id, refund_id) in (
    select screening_id, refund_id from payments.refunds
    where state in ('created', 'pending') and next_check_at <= now()
    order by next_check_at limit $1 for update skip locked)
  returning refund_id as "refundId"`;
