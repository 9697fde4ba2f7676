import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#platform/problem';

const ADDRESSES_MAX = 20_000;

/**
 * onRequest guard for a route that costs much (a PDF, an export, a password hash): so many requests per address and
 * window, in this process. Memory is bounded: over `addressesMax` the address seen first is forgotten. Limits that
 * must hold across processes are in the database (capabilities/accounts/throttle.ts).
 */
export function limitPerAddress(options: {
  max: number;
  windowMs: number;
  addressesMax?: number;
  nowMs?: () => number;
}) {
  const nowMs = options.nowMs ?? (() => performance.now());
  const addressesMax = options.addressesMax ?? ADDRESSES_MAX;
  const windows = new Map<string, { count: number; endsAt: number }>();
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const now = nowMs();
    let window = windows.get(request.ip);
    if (!window || window.endsAt <= now) {
      windows.delete(request.ip);
      if (windows.size >= addressesMax) windows.delete(windows.keys().next().value!);
      window = { count: 0, endsAt: now + options.windowMs };
      windows.set(request.ip, window);
    }
    window.count += 1;
    if (window.count <= options.max) return;
    return sendProblem(reply, 429, 'too_many_requests', { retryAfter: Math.ceil((window.endsAt - now) / 1000) });
  };
}
