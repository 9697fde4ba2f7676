import type { FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '#platform/fault';
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
 * Each caller has a window of its own, from the first request on, rounded up to whole seconds: otherwise all who were
 * refused would be told to come back in the same instant. Its end and its count are one number, `end * COUNTS + count`: with
 * an object for each, 40,000 callers were 80,000 objects that every full collection walked to. (V8 keeps numbers below
 * 2^31 without an object, here for the first six days of a process; larger ones are as right.)
 */
export function createRateLimit(limit: RateLimit): CountedLimit {
  if (limit.max === Infinity) return () => null;
  assert(limit.max < COUNTS - 1, 'a limit counts further than its maximum');
  const nowMs = limit.nowMs ?? (() => performance.now());
  const began = nowMs();
  const windows = createRecentMap<string, number>(limit.callersMax ?? CALLERS_MAX);
  return (caller) => {
    const sinceMs = nowMs() - began;
    const known = windows.get(caller);
    const open = known !== undefined && Math.floor(known / COUNTS) * 1000 > sinceMs;
    const endS = open ? Math.floor(known / COUNTS) : Math.ceil((sinceMs + limit.windowMs) / 1000);
    const count = Math.min(open ? (known % COUNTS) + 1 : 1, COUNTS - 1);
    windows.set(known === undefined ? ownText(caller) : caller, endS * COUNTS + count);
    return count <= limit.max ? null : Math.ceil(endS - sinceMs / 1000);
  };
}
const COUNTS = 4_096;
