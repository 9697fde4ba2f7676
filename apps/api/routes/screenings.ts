import { Type } from 'typebox';
import { readScreening, saleState, type ScreeningToSell } from '#capabilities/holds';
import { IdSchema } from '#contracts/ids';
import { ProblemSchema } from '#contracts/problem';
import { type ScreeningDetail, ScreeningDetailSchema } from '#contracts/screenings';
import type { Clock } from '#platform/clock';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { createMemory, sendRemembered } from '#platform/remember';
import type { SeatMaps } from '../live/seat-maps.ts';

export const ScreeningParams = Type.Object({ id: IdSchema });

// A screening's page may lag this much behind a pause or a new price; a hold never does.
const TTL_MS = 3_000;
const ENTRIES_MAX = 2_000;

/** GET /api/screenings/:id. Public, from memory for a few seconds. */
export function registerScreeningRoutes(
  api: HttpServer,
  deps: { db: Database; clock: Clock; seatMaps: SeatMaps },
): void {
  const memory = createMemory({ ttlMs: TTL_MS, entriesMax: ENTRIES_MAX, clock: deps.clock });

  const detail = async (screeningId: number): Promise<ScreeningDetail | null> => {
    const screening = await readScreening(deps.db, screeningId);
    const map = screening && (await deps.seatMaps.get(screeningId));
    if (!screening || !map) return null;
    const { status: _status, salesOpenAtMs: _open, salesCloseAtMs: _close, ...shown } = screening;
    return { ...shown, saleState: saleState(screening, map.available(), deps.clock.now().getTime()) };
  };

  api.get(
    '/api/screenings/:id',
    {
      schema: {
        summary: 'One screening: movie, place, time, prices and seat plan',
        tags: ['seats'],
        params: ScreeningParams,
        response: { 200: ScreeningDetailSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const found = await memory.answer(String(id), () => detail(id));
      return found ? sendRemembered(request, reply, found) : sendProblem(reply, 404, 'screening_unknown');
    },
  );
}

/** The plans that best-seats needs, remembered: a screening on sale keeps its plan for ever. */
export function createPlans(db: Database, plansMax = 1_000) {
  const plans = new Map<number, ScreeningToSell['plan']>();
  return async (screeningId: number): Promise<ScreeningToSell['plan'] | null> => {
    const known = plans.get(screeningId);
    if (known) return known;
    const screening = await readScreening(db, screeningId);
    if (!screening) return null;
    plans.set(screeningId, screening.plan);
    if (plans.size > plansMax) plans.delete(plans.keys().next().value!);
    return screening.plan;
  };
}
