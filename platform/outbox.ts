import { newId } from './ids.ts';
import type { Transaction } from './postgres.ts';
import { sql } from './sql.ts';

/** A fact that others may want to know: past tense topic, ids in the payload, nothing personal. */
export type Message<P = unknown> = {
  messageId: string;
  topic: string;
  payload: P;
  correlationId: string;
  occurredAt: Date;
};

/** Records a fact in the transaction that made it true: it is told if and only if that commits. */
export async function tell(
  tx: Transaction,
  fact: { topic: string; payload: unknown; correlationId: string },
): Promise<void> {
  await tx.rows(INSERT, [newId(), fact.topic, JSON.stringify(fact.payload), fact.correlationId]);
}

/** Records many facts in one statement, in their order. */
export async function tellAll(
  tx: Transaction,
  facts: readonly { topic: string; payload: unknown; correlationId: string }[],
): Promise<void> {
  if (facts.length === 0) return;
  await tx.rows(INSERT_ALL, [
    facts.map(() => newId()),
    facts.map((fact) => fact.topic),
    facts.map((fact) => JSON.stringify(fact.payload)),
    facts.map((fact) => fact.correlationId),
  ]);
}

/** Runs `effect` unless this consumer has done it already; mark and effect commit together. False when it had. */
export async function consumeOnce(
  tx: Transaction,
  consumer: string,
  messageId: string,
  effect: () => Promise<void>,
): Promise<boolean> {
  const fresh = await tx.rows(MARK, [consumer, messageId]);
  if (fresh.length === 0) return false;
  await effect();
  return true;
}

const INSERT = sql`
  insert into outbox.messages (message_id, topic, payload, correlation_id) values ($1, $2, $3, $4)`;
const INSERT_ALL = sql`
  insert into outbox.messages (message_id, topic, payload, correlation_id)
  select * from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::uuid[])`;
const MARK = sql`
  insert into outbox.consumed (consumer, message_id) values ($1, $2) on conflict do nothing returning 1 as fresh`;
