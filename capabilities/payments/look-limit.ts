import type { Clock } from '#platform/clock';

const LOOK_EVERY_MS = 2_000;
const ATTEMPTS_KEPT_MAX = 10_000;

/**
 * One look at the provider per attempt and two seconds, in this process: a page that asks in a loop is answered from
 * our row instead of from the provider. Bounded: over the limit the attempt looked at longest ago is forgotten.
 */
export function createLookLimit(clock: Clock, everyMs = LOOK_EVERY_MS, attemptsKeptMax = ATTEMPTS_KEPT_MAX) {
  const lastLooks = new Map<string, number>();
  return {
    mayLook(attemptId: string): boolean {
      const now = clock.now().getTime();
      const last = lastLooks.get(attemptId);
      if (last !== undefined && now - last < everyMs) return false;
      lastLooks.delete(attemptId);
      if (lastLooks.size >= attemptsKeptMax) lastLooks.delete(lastLooks.keys().next().value!);
      lastLooks.set(attemptId, now);
      return true;
    },
  };
}

export type LookLimit = ReturnType<typeof createLookLimit>;
