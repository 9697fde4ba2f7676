import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Accounts, signInKeyOf } from '#capabilities/accounts';
import type { Me } from '#contracts/accounts';
import { answerOnce, fingerprintOf } from '#platform/idempotency';
import type { Database, Transaction } from '#platform/postgres';
import { problemBody, sendProblem } from '#platform/problem';
import { callerOf, idempotencyKey, sendStored } from './keyed.ts';
import { SESSION_COOKIE } from './session.ts';

export type SignInOutcome =
  | { status: 200; body: object; token: string; accountId: string }
  | { status: number; problem: string; extra?: Record<string, unknown> };

/** Writes the session cookie. The browser keeps it; scripts never see it. */
export type SessionCookie = { set(reply: FastifyReply, token: string): void; clear(reply: FastifyReply): void };

/** What is stored of an answer that says who signed in. */
export const NOBODY: Me = { account: null };

/** `complete` for NOBODY: name and address come fresh, so that no stored answer outlives their erasure. */
export function whoSignedIn({ db, accounts }: { db: Database; accounts: Accounts }) {
  return async (_nobody: object, opened: Opened): Promise<Me> => {
    const session = await accounts.resolveSession(opened.token);
    return session ? accounts.readMe(db, session) : NOBODY;
  };
}

type Opened = { token: string; accountId: string };

const COOKIE_SECONDS = 90 * 86_400;

/**
 * HttpOnly, SameSite=Lax, Path=/ and no Domain; Secure over https. These are the rules of the `__Host-` prefix; the
 * prefix itself is left out because browsers refuse it on http://localhost.
 */
export function sessionCookie(publicUrl: string): SessionCookie {
  const secure = publicUrl.startsWith('https:');
  const rules = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  return {
    set: (reply, token) => void reply.setCookie(SESSION_COOKIE, token, { ...rules, maxAge: COOKIE_SECONDS }),
    clear: (reply) => void reply.clearCookie(SESSION_COOKIE, rules),
  };
}

/** preHandler: whoever signs in is a visitor until it is done, so that a replay finds the key of the first time. */
export async function asVisitor(request: FastifyRequest) {
  request.session = null;
}

/**
 * Takes the body and leaves blinded words in its place: an idempotency row keeps a hash of the body, and a bare hash of
 * a CPF, a code or a password would be guessed offline from a copy of that table.
 */
export function takeBody<B extends object>(request: { body: B }, accounts: Pick<Accounts, 'blind'>): B {
  const body = request.body;
  request.body = Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, accounts.blind(String(value))]),
  ) as B;
  return body;
}

/**
 * answerKeyed for requests that open a session. The stored answer holds no token. A replay within two minutes gets the
 * same session under a new token (the first answer may never have arrived); a later one gets the body alone. Nobody
 * can replay without the same key, body, address and agent. `complete` adds what must not be stored either.
 */
export async function answerSignIn(
  deps: { db: Database; accounts: Accounts; cookie: SessionCookie },
  request: FastifyRequest,
  reply: FastifyReply,
  effect: (tx: Transaction, signInKey: Buffer) => Promise<SignInOutcome>,
  complete: (body: object, opened: Opened) => Promise<object> = async (body) => body,
): Promise<FastifyReply> {
  const key = idempotencyKey(request, reply);
  if (key === null) return reply;
  const caller = callerOf(request);
  const signInKey = signInKeyOf(caller, key);
  let opened: Opened | null = null;
  const fingerprint = fingerprintOf(request.method, request.url, request.body);
  const keyed = await answerOnce(deps.db, { shard: 0, caller, key, fingerprint }, async (tx) => {
    const outcome = await effect(tx, signInKey);
    if ('problem' in outcome) {
      opened = null;
      const body = problemBody(outcome.status, outcome.problem, request.id, { extra: outcome.extra ?? {} });
      return { status: outcome.status, body: JSON.stringify(body) };
    }
    opened = { token: outcome.token, accountId: outcome.accountId };
    return { status: outcome.status, body: JSON.stringify(outcome.body) };
  });
  if (keyed.kind === 'mismatch') return sendProblem(reply, 422, 'idempotency_key_reused');
  if (keyed.kind === 'running') return sendProblem(reply, 409, 'request_in_progress', { retryAfter: 1 });
  const replayed = keyed.kind === 'replay';
  reply.header('cache-control', 'no-store');
  if (keyed.answer.status !== 200) return sendStored(reply, keyed.answer, replayed);
  if (replayed) opened = await deps.accounts.reissue(signInKey);
  const session = opened as Opened | null;
  if (!session) return sendStored(reply, keyed.answer, replayed);
  deps.accounts.forgetSessions(session.accountId);
  deps.accounts.forgetToken(request.cookies[SESSION_COOKIE] ?? '');
  deps.cookie.set(reply, session.token);
  const body = await complete(JSON.parse(keyed.answer.body) as object, session);
  return sendStored(reply, { status: 200, body: JSON.stringify(body) }, replayed);
}
