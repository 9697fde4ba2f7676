import type { Log } from './log.ts';
import type { Message } from './outbox.ts';
import type { Database } from './postgres.ts';
import { sql } from './sql.ts';

/** Who wants to know a topic. A message may come again: the effect is kept to once by `consumeOnce` in its transaction. */
export type Handlers = Readonly<Record<string, readonly ((message: Message) => Promise<void>)[]>>;

export type Relay = {
  /** Tells up to `limit` messages. True when it found as many as that. */
  tell(limit: number): Promise<boolean>;
  /** How many messages wait for another try because a handler failed. */
  failing(): number;
};

const RETRY_MS_MAX = 5 * 60_000;
const FAILING_MAX = 1_000;

/**
 * Tells the facts of the outbox to their handlers, oldest first, at least once. Several relays share the work (SKIP
 * LOCKED: the row stays locked until every handler is done). A message whose handler fails waits longer and longer and holds up no other.
 */
export function createRelay(options: { db: Database; handlers: Handlers; log: Log; nowMs: () => number }): Relay {
  const { db, log, nowMs } = options;
  const topics = Object.keys(options.handlers);
  const failing = new Map<string, { tries: number; notBefore: number }>();

  const tellNext = async (): Promise<boolean> => {
    const resting = [...failing].filter(([, state]) => state.notBefore > nowMs()).map(([id]) => id);
    let current: Message | null = null;
    try {
      return await db.transaction(async (tx) => {
        current = await tx.row<Message & Record<string, unknown>>(NEXT, [topics, resting]);
        const message = current;
        if (!message) return false;
        for (const handle of options.handlers[message.topic] ?? []) await handle(message);
        await tx.rows(MARK, [message.messageId]);
        failing.delete(message.messageId);
        return true;
      });
    } catch (error) {
      if (!current) throw error;
      const { messageId, topic, correlationId } = current as Message;
      const tries = (failing.get(messageId)?.tries ?? 0) + 1;
      if (failing.size < FAILING_MAX) {
        failing.set(messageId, { tries, notBefore: nowMs() + Math.min(1_000 * 2 ** tries, RETRY_MS_MAX) });
      }
      log.error({ err: error, messageId, topic, correlationId, tries }, 'message could not be told');
      return true;
    }
  };

  return {
    failing: () => failing.size,
    tell: async (limit) => {
      await db.rows(MARK_UNWANTED, [topics, limit * 10]);
      for (let told = 0; told < limit; told += 1) if (!(await tellNext())) return false;
      return true;
    },
  };
}

const NEXT = sql`
  select message_id as "messageId", topic, payload, correlation_id as "correlationId", occurred_at as "occurredAt"
    from outbox.messages
   where published_at is null and topic = any ($1) and message_id <> all ($2::uuid[])
   order by occurred_at
   limit 1
     for update skip locked`;
const MARK = sql`update outbox.messages set published_at = now() where message_id = $1`;
// Facts that nobody listens to yet stay on record, but not in the way.
const MARK_UNWANTED = sql`
  update outbox.messages set published_at = now()
   where message_id in (
     select message_id from outbox.messages
      where published_at is null and topic <> all ($1) order by occurred_at limit $2 for update skip locked)`;
