import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerOnce, type Answer, fingerprintOf, KEY_LENGTH_MAX } from '#platform/idempotency';
import type { Database, Transaction } from '#platform/postgres';
import { problemBody, sendProblem } from '#platform/problem';

/** What an effect answers: a body for 2xx, or a problem. */
export type Outcome =
  | { status: number; body: unknown }
  | { status: number; problem: string; extra?: Record<string, unknown> };

/** The Idempotency-Key header, or null after having answered 400 because it is missing or malformed. */
export function idempotencyKey(request: FastifyRequest, reply: FastifyReply): string | null {
  const key = request.headers['idempotency-key'];
  if (typeof key === 'string' && key.length <= KEY_LENGTH_MAX && /^[\x21-\x7e]+$/.test(key)) return key;
  sendProblem(reply, 400, key === undefined ? 'idempotency_key_required' : 'idempotency_key_malformed');
  return null;
}

/** Whose key it is: the account, or for visitors a pseudonym of address and agent. */
export function callerOf(request: FastifyRequest): string {
  if (request.session) return request.session.accountId;
  const digest = createHash('sha256')
    .update(`${request.ip}\n${request.headers['user-agent'] ?? ''}`)
    .digest('hex');
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/**
 * Every operation that changes something goes through here (holds have their own, batched way): first answer stored in
 * the transaction of the effect, replays byte-identical and marked, other body 422, still running 409.
 */
export async function answerKeyed(
  db: Database,
  request: FastifyRequest,
  reply: FastifyReply,
  effect: (tx: Transaction) => Promise<Outcome>,
  shard = 0,
): Promise<FastifyReply> {
  const key = idempotencyKey(request, reply);
  if (key === null) return reply;
  const keyed = await answerOnce(
    db,
    { shard, caller: callerOf(request), key, fingerprint: fingerprintOf(request.method, request.url, request.body) },
    async (tx) => render(await effect(tx), request.id),
  );
  if (keyed.kind === 'mismatch') return sendProblem(reply, 422, 'idempotency_key_reused');
  if (keyed.kind === 'running') return sendProblem(reply, 409, 'request_in_progress', { retryAfter: 1 });
  return sendStored(reply, keyed.answer, keyed.kind === 'replay');
}

/** Sends stored bytes as they are. */
export function sendStored(reply: FastifyReply, answer: Answer, replayed: boolean): FastifyReply {
  if (replayed) reply.header('idempotent-replayed', 'true');
  return reply
    .code(answer.status)
    .type(answer.status >= 400 ? 'application/problem+json' : 'application/json; charset=utf-8')
    .serializer((body: unknown) => body as string)
    .send(answer.body);
}

/** An outcome as the bytes that are stored and sent. */
export function render(outcome: Outcome, instance: string): Answer {
  const body =
    'problem' in outcome
      ? problemBody(outcome.status, outcome.problem, instance, outcome.extra ? { extra: outcome.extra } : {})
      : outcome.body;
  return { status: outcome.status, body: JSON.stringify(body) };
}
