import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, answerOnce, fingerprintOf, type KeyedAnswer } from '#platform/idempotency';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { callerOf, idempotencyKey, type Outcome, render, sendStored } from './keyed.ts';

const NOT_YET: Answer = { status: 599, body: '' };

/**
 * answerKeyed for effects that speak with the outside world (a payment provider) and so must commit before they are
 * done: no connection is held while they run. The effect must be safe to run twice by itself, because a process can
 * die between its end and the storing of the answer; whoever stores first, that answer is everybody's.
 */
export function keyedOutside(db: Database) {
  const running = new Set<string>();
  return async (
    request: FastifyRequest,
    reply: FastifyReply,
    effect: (key: string) => Promise<Outcome>,
    shard = 0,
  ): Promise<FastifyReply> => {
    const key = idempotencyKey(request, reply);
    if (key === null) return reply;
    const caller = callerOf(request);
    const fingerprint = fingerprintOf(request.method, request.url, request.body);
    const once = (answer: Answer) => answerOnce(db, { shard, caller, key, fingerprint }, async () => answer);
    const mine = `${shard}\n${caller}\n${key}`;
    // Answers of 500 and above are never stored, so this only looks.
    const known = await once(NOT_YET);
    if (known.kind !== 'first') return sendKeyed(reply, known);
    if (running.has(mine)) return sendKeyed(reply, { kind: 'running' });
    running.add(mine);
    try {
      return sendKeyed(reply, await once(render(await effect(key), request.id)));
    } finally {
      running.delete(mine);
    }
  };
}

function sendKeyed(reply: FastifyReply, keyed: KeyedAnswer): FastifyReply {
  switch (keyed.kind) {
    case 'mismatch':
      return sendProblem(reply, 422, 'idempotency_key_reused');
    case 'running':
      return sendProblem(reply, 409, 'request_in_progress', { retryAfter: 1 });
    default:
      return sendStored(reply, keyed.answer, keyed.kind === 'replay');
  }
}
