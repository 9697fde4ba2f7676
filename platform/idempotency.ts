import { hash } from 'node:crypto';
import { sql } from './sql.ts';
import type { Database, Transaction } from './postgres.ts';

export const KEY_LENGTH_MAX = 255;
/** Keys are kept at least this long; the worker forgets older ones. */
export const KEY_KEPT_HOURS = 48;

export type KeyedRequest = {
  /** Routing key of the data it changes; 0 when it has none. */
  shard: number;
  /** Whose key it is: keys of two callers never meet. */
  caller: string;
  key: string;
  fingerprint: Buffer;
};

export type Answer = { status: number; body: string };

export type KeyedAnswer =
  | { kind: 'first'; answer: Answer }
  | { kind: 'replay'; answer: Answer }
  | { kind: 'mismatch' } // The key was used with another body: 422.
  | { kind: 'running' }; // The first request is still at work: 409 with Retry-After.

export function fingerprintOf(method: string, path: string, body: unknown): Buffer {
  return hash('sha256', `${method} ${path}\n${JSON.stringify(body ?? null)}`, 'buffer');
}

/**
 * Runs `effect` once per (shard, caller, key). The answer commits in the effect's own transaction, so a process killed
 * at any line leaves both or neither. An answer of 500 and above undoes the effect and is not kept, like anything
 * thrown: the caller may try again.
 */
export async function answerOnce(
  db: Database,
  request: KeyedRequest,
  effect: (tx: Transaction) => Promise<Answer>,
): Promise<KeyedAnswer> {
  try {
    return await db.transaction((tx) => decide(tx, request, effect));
  } catch (error) {
    if (error instanceof Undone) return { kind: 'first', answer: error.answer };
    throw error;
  }
}

async function decide(
  tx: Transaction,
  request: KeyedRequest,
  effect: (tx: Transaction) => Promise<Answer>,
): Promise<KeyedAnswer> {
  const identity = [request.shard, request.caller, request.key];
  const free = await tx.row<{ free: boolean }>(TRY_LOCK, [identity.join('\n')]);
  const stored = await tx.row<{ fingerprint: Buffer; status: number; body: string }>(FIND, identity);
  if (stored) {
    return stored.fingerprint.equals(request.fingerprint)
      ? { kind: 'replay', answer: { status: stored.status, body: stored.body } }
      : { kind: 'mismatch' };
  }
  if (!free?.free) return { kind: 'running' };
  const answer = await effect(tx);
  if (answer.status >= 500) throw new Undone(answer);
  await tx.rows(INSERT, [...identity, request.fingerprint, answer.status, answer.body]);
  return { kind: 'first', answer };
}

/** Drops every answer kept for a caller: they may hold what the caller asks us to forget. */
export async function forgetAnswersOf(tx: Transaction, caller: string): Promise<void> {
  await tx.rows(FORGET, [caller]);
}

/** Carries an answer out of the transaction that it undoes. */
class Undone extends Error {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super('undone');
    this.answer = answer;
  }
}

const TRY_LOCK = sql`select pg_try_advisory_xact_lock(hashtextextended($1, 7)) as free`;
const FIND = sql`
  select fingerprint, status, body from idempotency.answers where shard = $1 and caller = $2 and key = $3`;
const FORGET = sql`delete from idempotency.answers where caller = $1`;
const INSERT = sql`
  insert into idempotency.answers (shard, caller, key, fingerprint, status, body)
  values ($1, $2, $3, $4, $5, $6)`;
