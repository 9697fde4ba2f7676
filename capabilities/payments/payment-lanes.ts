import { screeningOf } from '#capabilities/orders';
import { AGAIN, createBatcher } from '#platform/batcher';
import { Fault } from '#platform/fault';
import { isConnectionFailure } from '#platform/postgres';
import { type Applied, applyProviderStates, type Look } from './apply-provider-state.ts';
import type { Gathering, PaymentLanes, PaymentsOptions } from './payments-deps.ts';

// Two connections of the pool at most are busy with confirming. Sets above 250 gain nothing measurable, and a lane of
// 2,000 is emptied in about a second: who waits longer than that is better told to come again.
export const DEFAULT_GATHERING: Gathering = { lanes: 2, sizeMax: 250, queueMax: 2_000 };

type Flushed = { kind: 'applied'; applied: Applied | null } | { kind: 'failed'; error: unknown };

/**
 * Money that has arrived is decided together: while one transaction is on its way, the next looks gather, and one
 * commit serves them all. Each process has its own lanes; where two meet at an order, the row locks decide.
 */
export function createPaymentLanes(deps: Pick<PaymentsOptions, 'db' | 'orders' | 'gathering'>): PaymentLanes {
  const batcher = createBatcher<Look, Flushed>({
    ...DEFAULT_GATHERING,
    ...deps.gathering,
    flush: (looks) => applyEach(deps, looks),
  });
  return {
    settle: async (look) => {
      const screeningId = screeningOf(look.attemptId);
      if (screeningId === null) return null;
      const answer = await batcher.submit(screeningId, look);
      if (answer === 'overloaded') throw new Fault('overloaded', { retryable: true });
      if (answer.kind === 'failed') throw answer.error;
      return answer.applied;
    },
    close: () => batcher.close(),
  };
}

/**
 * One look that cannot be applied (a bug of ours, a row that nobody foresaw) must not take its neighbours with it: the
 * set is halved until it stands alone. When the database is away or busy, nobody can be served and all are told so.
 */
async function applyEach(
  deps: Pick<PaymentsOptions, 'db' | 'orders'>,
  looks: readonly Look[],
): Promise<(Flushed | typeof AGAIN)[]> {
  try {
    const answers = await deps.db.transaction((tx) => applyProviderStates(deps, tx, looks));
    return answers.map((applied) => (applied === AGAIN ? AGAIN : { kind: 'applied', applied }));
  } catch (error) {
    if (error instanceof Fault || isConnectionFailure(error)) throw error;
    if (looks.length === 1) return [{ kind: 'failed', error }];
    const half = Math.ceil(looks.length / 2);
    return [...(await applyEach(deps, looks.slice(0, half))), ...(await applyEach(deps, looks.slice(half)))];
  }
}
