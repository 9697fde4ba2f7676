import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from '#contracts/accounts';
import type { HttpServer } from '#platform/http-server';
import { sendProblem } from '#platform/problem';

// The guards are onRequest hooks, so that a stranger learns nothing about a route from how it judges a body, and no
// body is read for who may not send it.

/** Who is asking, resolved from the session cookie once per request, from memory on hot routes. */
export type Session = {
  sessionId: string;
  accountId: string;
  role: Role;
  /** Keyed HMAC of the CPF, 16 bytes; null until the buyer has told it. */
  buyerKey: Buffer | null;
};

declare module 'fastify' {
  interface FastifyRequest {
    session: Session | null;
  }
}

export const SESSION_COOKIE = 'poltrona_session';

const RANK: Record<Role, number> = { buyer: 0, usher: 1, manager: 2, administrator: 3 };

/**
 * Puts `request.session` on every request. `resolve` gives null for unknown, expired and revoked tokens. Since answers
 * depend on who asks, nobody on the way keeps one of ours, unless its route says otherwise (what is public does).
 */
export function useSessions(api: HttpServer, resolve: (token: string) => Promise<Session | null>): void {
  api.decorateRequest('session', null);
  api.addHook('onRequest', async (request, reply) => {
    const token = request.cookies[SESSION_COOKIE];
    request.session = token ? await resolve(token) : null;
    if (isApi(request)) reply.header('cache-control', 'no-store');
  });
}

/** By the route, since `/api/%6De` is `/api/me` too. The page of the documentation brings files that may be kept. */
function isApi(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? request.url;
  return path.startsWith('/api/') && !path.startsWith('/api/docs');
}

/** onRequest: 401 without a session. */
export async function signedIn(request: FastifyRequest, reply: FastifyReply) {
  if (!request.session) return sendProblem(reply, 401, 'sign_in_required');
}

/** onRequest: 401 without a session, 403 cpf_required for an account that has not told its CPF. */
export async function identifiedBuyer(request: FastifyRequest, reply: FastifyReply) {
  if (!request.session) return sendProblem(reply, 401, 'sign_in_required');
  if (!request.session.buyerKey) return sendProblem(reply, 403, 'cpf_required');
}

/** onRequest: 401 without a session, 403 below the role. */
export function atLeast(role: Role) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (!request.session) return sendProblem(reply, 401, 'sign_in_required');
    if (RANK[request.session.role] < RANK[role]) return sendProblem(reply, 403, 'role_insufficient');
  };
}
