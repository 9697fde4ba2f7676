import { Fault } from '#platform/fault';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { readAttempt } from './attempts.ts';
import { type PaymentsDeps, providerNamed } from './payments-deps.ts';
import type { Headers, PaymentProvider, ProviderEvent, ProviderName } from './provider.ts';
import { readRefund } from './refunds.ts';
import { settle } from './settle.ts';

export type EventAnswer =
  | 'forged' // 400; nothing was read or written.
  | 'duplicate'
  | 'processed'
  | 'not_yet'; // Kept, and tried again by us and by the provider: 503.

/** A webhook: the signature first, then the event is kept without its persons, then the provider's object decides. */
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
  const fresh = await deps.db.rows(KEEP, [name, event.eventId, event.eventType, event.kept]);
  if (fresh.length === 0) {
    const known = await deps.db.row<{ processed: boolean }>(IS_PROCESSED, [name, event.eventId]);
    if (known?.processed) return 'duplicate';
  }
  return processEvent(deps, provider, event);
}

/** Also for events that waited: at the second time the attempt may be there. */
export async function processEvent(
  deps: PaymentsDeps,
  provider: PaymentProvider,
  event: ProviderEvent,
): Promise<EventAnswer> {
  const finish = (result: string) => (tx: Pick<Transaction, 'rows'>) =>
    tx.rows(FINISH, [provider.name, event.eventId, result]).then(() => undefined);
  const paymentId = event.paymentId ?? (await paymentOf(deps, provider.name, event));
  if (paymentId === null) {
    if (event.ourId !== null || event.captureId !== null) return 'not_yet';
    await finish('not_about_a_payment')(deps.db);
    return 'processed';
  }
  const read = await provider.readPayment(paymentId);
  if (read.kind === 'refused') return 'not_yet';
  const { attemptId } = read.value;
  if (attemptId === null) {
    await finish('not_ours')(deps.db);
    return 'processed';
  }
  const attempt = await settle(deps, attemptId, read.value, finish('applied'));
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
      const answer = await processEvent(deps, provider, provider.parseEvent(row.rawBody));
      if (answer === 'processed') done += 1;
      else if (row.isOld) {
        await deps.db.rows(FINISH, [row.provider, row.eventId, 'attempt_unknown']);
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
const KEEP = sql`
  insert into payments.provider_events (provider, event_id, event_type, raw_body, next_try_at)
  values ($1, $2, $3, $4, now() + interval '1 minute') on conflict do nothing returning 1 as fresh`;
const IS_PROCESSED = sql`
  select processed_at is not null as processed from payments.provider_events where provider = $1 and event_id = $2`;
const FINISH = sql`
  update payments.provider_events set processed_at = coalesce(processed_at, now()), result = $3
  where provider = $1 and event_id = $2`;
const CLAIM = sql`
  update payments.provider_events set tries = least(tries + 1, 1000),
    next_try_at = now() + least(interval '30 seconds' * power(2, least(tries, 7)), interval '1 hour')
  where (provider, event_id) in (
    select provider, event_id from payments.provider_events
    where processed_at is null and next_try_at <= now() order by next_try_at limit $1 for update skip locked)
  returning provider, event_id as "eventId", raw_body as "rawBody", received_at < now() - $2::interval as "isOld"`;
