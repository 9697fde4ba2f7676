import { Fault } from '#platform/fault';
import { sql } from '#platform/sql';
import { readAttempt } from './attempts.ts';
import { finishEvents, keepEvent, readEvent, type SeenEvent } from './events.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import type { Headers, PaymentProvider, ProviderEvent, ProviderName } from './provider.ts';
import { readRefund } from './refunds.ts';
import { settle } from './settle.ts';

export type EventAnswer =
  | 'forged' // 400; nothing was read or written.
  | 'duplicate'
  | 'processed'
  | 'not_yet'; // Kept, and tried again by us and by the provider: 503.

/**
 * A webhook: the signature first, then the provider's object decides. The event is written down, without its persons,
 * in the transaction of its effect, or to wait when it has none yet; killed before, we have not answered, and the
 * provider sends it again.
 */
export async function receiveEvent(
  deps: PaymentsDeps,
  name: ProviderName,
  rawBody: Buffer,
  headers: Headers,
): Promise<EventAnswer> {
  const provider = deps[name];
  if (!provider) return 'forged';
  const event = await provider.verifyEvent(rawBody, headers);
  if (!event) return 'forged';
  const seen = seenEvent(name, event);
  const known = await readEvent(deps.db, seen);
  if (known?.processed) return 'duplicate';
  try {
    const answer = await processEvent(deps, provider, event);
    if (answer === 'not_yet') await keepEvent(deps.db, seen);
    return answer;
  } catch (error) {
    // Of what is refused for want of room nothing is kept, or refusing would cost as much as serving: the provider sends
    // it again, and the reconciler asks about its attempt within two minutes.
    if (!(error instanceof Fault && error.code === 'overloaded')) await keepEvent(deps.db, seen);
    throw error;
  }
}

const seenEvent = (provider: ProviderName, { eventId, eventType, kept }: ProviderEvent): SeenEvent => ({
  provider,
  eventId,
  eventType,
  kept,
});

/** Also for events that waited: at the second time the attempt may be there. */
export async function processEvent(
  deps: PaymentsDeps,
  provider: PaymentProvider,
  event: ProviderEvent,
): Promise<EventAnswer> {
  const seen = seenEvent(provider.name, event);
  const paymentId = event.paymentId ?? (await paymentOf(deps, provider.name, event));
  if (paymentId === null) {
    if (event.ourId !== null || event.captureId !== null) return 'not_yet';
    await finishEvents(deps.db, [{ ...seen, result: 'not_about_a_payment' }]);
    return 'processed';
  }
  const read = await provider.readPayment(paymentId);
  if (read.kind === 'refused') return 'not_yet';
  const { attemptId } = read.value;
  if (attemptId === null) {
    await finishEvents(deps.db, [{ ...seen, result: 'not_ours' }]);
    return 'processed';
  }
  const attempt = await settle(deps, attemptId, read.value, seen);
  return attempt ? 'processed' : 'not_yet';
}

async function paymentOf(deps: PaymentsDeps, name: ProviderName, event: ProviderEvent): Promise<string | null> {
  const { ourId, captureId } = event;
  if (ourId !== null) {
    const attemptId = (await readRefund(deps.db, ourId))?.attemptId ?? ourId;
    const attempt = await readAttempt(deps.db, attemptId);
    if (attempt) return attempt.providerPaymentId;
  }
  if (captureId === null) return null;
  const rows = await deps.db.rows<{ id: string }>(FIND_CAPTURE, [name, captureId]);
  return rows[0]?.id ?? null;
}

// Both providers stop sending after three days; by then nobody can say whose the event was.
export const EVENT_KEPT_TRYING = '3 days';

type Waiting = { provider: ProviderName; eventId: string; rawBody: string; isOld: boolean };

/** Tries waiting events again. Answers how many are done. */
export async function retryEvents(deps: PaymentsDeps, limit: number): Promise<number> {
  const waiting = await deps.db.rows<Waiting>(CLAIM, [limit, EVENT_KEPT_TRYING]);
  let done = 0;
  for (const row of waiting) {
    try {
      const provider = providerNamed(deps, row.provider);
      const event = provider.parseEvent(row.rawBody);
      const answer = await processEvent(deps, provider, event);
      if (answer === 'processed') done += 1;
      else if (row.isOld) {
        await finishEvents(deps.db, [{ ...seenEvent(row.provider, event), result: 'attempt_unknown' }]);
        deps.log.error({ provider: row.provider, eventId: row.eventId }, 'a payment event never found its attempt');
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      deps.log.warn({ provider: row.provider, eventId: row.eventId, code: error.code }, 'payment event waits');
    }
  }
  return done;
}

const FIND_CAPTURE = sql`
  select provider_payment_id as id from payments.attempts where provider = $1 and provider_capture_id = $2`;
const CLAIM = sql`
  update payments.provider_events set tries = least(tries + 1, 1000),
    next_try_at = now() + least(interval '30 seconds' * power(2, least(tries, 7)), interval '1 hour')
  where (provider, event_id) in (
    select provider, event_id from payments.provider_events
    where processed_at is null and next_try_at <= now() order by next_try_at limit $1 for update skip locked)
  returning provider, event_id as "eventId", raw_body as "rawBody", received_at < now() - $2::interval as "isOld"`;
