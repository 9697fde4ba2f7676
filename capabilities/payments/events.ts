import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { ProviderName } from './provider.ts';

/** A webhook whose signature was right, as a row of payments.provider_events. */
export type SeenEvent = { provider: ProviderName; eventId: string; eventType: string; kept: string };

/** Kept to be tried again: it came too early, or the look that it asked for failed. */
export async function keepEvent(db: Queryable, event: SeenEvent): Promise<void> {
  await db.rows(KEEP, [event.provider, event.eventId, event.eventType, event.kept]);
}

/** Done, whether it was kept before or not: one statement for all, in the order of their keys. */
export async function finishEvents(
  db: Pick<Queryable, 'rows'>,
  events: readonly (SeenEvent & { result: string })[],
): Promise<void> {
  if (events.length === 0) return;
  // The same event, delivered twice at once, is one row: a statement may not touch it twice.
  const once = [...new Map(events.map((event) => [`${event.provider} ${event.eventId}`, event])).values()];
  await db.rows(FINISH, [
    once.map((event) => event.provider),
    once.map((event) => event.eventId),
    once.map((event) => event.eventType),
    once.map((event) => event.kept),
    once.map((event) => event.result),
  ]);
}

/** Null when it was neither kept nor done. */
export async function readEvent(db: Queryable, event: SeenEvent): Promise<{ processed: boolean } | null> {
  return db.row<{ processed: boolean }>(READ, [event.provider, event.eventId]);
}

const KEEP = sql`
  insert into payments.provider_events (provider, event_id, event_type, raw_body, next_try_at)
  values ($1, $2, $3, $4, now() + interval '1 minute') on conflict do nothing`;
const READ = sql`
  select processed_at is not null as processed from payments.provider_events where provider = $1 and event_id = $2`;
const FINISH = sql`
  insert into payments.provider_events as e (provider, event_id, event_type, raw_body, next_try_at, processed_at, result)
  select provider, event_id, event_type, kept, now(), now(), result
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    as n(provider, event_id, event_type, kept, result)
  order by provider, event_id
  on conflict (provider, event_id) do update
    set processed_at = coalesce(e.processed_at, excluded.processed_at), result = excluded.result`;
