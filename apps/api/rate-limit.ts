import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#platform/problem';

const CALLERS_MAX = 20_000;

export type RateLimit = { max: number; windowMs: number; callersMax?: number; nowMs?: () => number };

/**
 * onRequest guard for a route that costs much (a PDF, an export, a password hash): so many requests per address and
 * window, in this process. Memory is bounded: over `callersMax` the address seen first is forgotten. Limits that
 * must hold across processes are in the database (capabilities/accounts/throttle.ts).
 */
export function limitPerAddress(limit: RateLimit) {
  return limitPer((request) => request.ip, limit);
}

/** The same per account, as an onRequest guard after `signedIn` or `identifiedBuyer`. */
export function limitPerAccount(limit: RateLimit) {
  return limitPer((request) => request.session!.accountId, limit);
}

function limitPer(callerOf: (request: FastifyRequest) => string, limit: RateLimit) {
  const nowMs = limit.nowMs ?? (() => performance.now());
  const callersMax = limit.callersMax ?? CALLERS_MAX;
  const windows = new Map<string, { count: number; endsAt: number }>();
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const caller = callerOf(request);
    const now = nowMs();
    let window = windows.get(caller);
    if (!window || window.endsAt <= now) {
      windows.delete(caller);
      if (windows.size >= callersMax) windows.delete(windows.keys().next().value!);
      window = { count: 0, endsAt: now + limit.windowMs };
      windows.set(caller, window);
    }
    window.count += 1;
    if (window.count <= limit.max) return;
    return sendProblem(reply, 429, 'too_many_requests', { retryAfter: Math.ceil((window.endsAt - now) / 1000) });
  };
}
