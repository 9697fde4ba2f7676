import { forgetOldAttempts, forgetOldSessions } from '#capabilities/accounts';
import { KEY_KEPT_HOURS } from '#platform/idempotency';
import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';

const ROWS_AT_ONCE = 5_000;
const FACTS_KEPT_DAYS = 30;

/** Forgets what nobody can ask for any more, a bounded number of rows at a time. True when there may be more. */
export async function forgetOld(db: Database): Promise<boolean> {
  const answers = await db.rows(ANSWERS, [KEY_KEPT_HOURS, ROWS_AT_ONCE]);
  const facts = await db.rows(FACTS, [FACTS_KEPT_DAYS, ROWS_AT_ONCE]);
  await forgetOldSessions(db);
  await forgetOldAttempts(db);
  return answers.length === ROWS_AT_ONCE || facts.length === ROWS_AT_ONCE;
}

const ANSWERS = sql`
  delete from idempotency.answers
   where ctid = any (array(
     select ctid from idempotency.answers where created_at < now() - make_interval(hours => $1) limit $2))
  returning 1 as gone`;
// What a consumer has done must be remembered longer than the message can come again.
const FACTS = sql`
  with gone as (
    delete from outbox.messages
     where ctid = any (array(
       select ctid from outbox.messages where published_at < now() - make_interval(days => $1) limit $2))
    returning message_id
  ), forgotten as (
    delete from outbox.consumed where message_id in (select message_id from gone)
  )
  select 1 as gone from gone`;
