import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#platform/problem';
import { ownText } from '#platform/own-copy';
import { createRecentMap } from '#platform/recent-map';

const CALLERS_MAX = 100_000;

export type RateLimit = { max: number; windowMs: number; callersMax?: number; nowMs?: () => number };

/**
 * onRequest guard for a route that costs much (a PDF, an export, a password hash): so many requests per address and
 * window, in this process. Memory is bounded: beyond `callersMax` who was not seen lately is forgotten. Limits that
 * must hold across processes are in the database (capabilities/accounts/throttle.ts).
 */
export function limitPerAddress(limit: RateLimit) {
  return limitPer((request) => request.ip, createRateLimit(limit));
}

/** The same per account, as an onRequest guard after `signedIn` or `identifiedBuyer`. */
export function limitPerAccount(limit: RateLimit) {
  return limitPer((request) => request.session!.accountId, createRateLimit(limit));
}

function limitPer(callerOf: (request: FastifyRequest) => string, count: CountedLimit) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const retryAfter = count(callerOf(request));
    if (retryAfter !== null) return sendProblem(reply, 429, 'too_many_requests', { retryAfter });
  };
}

/** Counts one more request of a caller; null when it is within the limit, else the seconds until it is again. */
export type CountedLimit = (caller: string) => number | null;

/**
 * One window for all callers, so that a caller is no more than a number: with a window each, 40,000 of them were 80,000
 * objects that every full collection walked to.
 */
export function createRateLimit(limit: RateLimit): CountedLimit {
  if (limit.max === Infinity) return () => null;
  const nowMs = limit.nowMs ?? (() => performance.now());
  const counts = createRecentMap<string, number>(limit.callersMax ?? CALLERS_MAX);
  let endsAt = -Infinity;
  return (caller) => {
    const now = nowMs();
    if (now >= endsAt) {
      counts.clear();
      endsAt = now + limit.windowMs;
    }
    const before = counts.get(caller);
    const count = (before ?? 0) + 1;
    counts.set(before === undefined ? ownText(caller) : caller, count);
    return count <= limit.max ? null : Math.ceil((endsAt - now) / 1000);
  };
}
