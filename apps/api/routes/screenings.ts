import { Type } from 'typebox';
import { readScreening, type ScreeningToSell } from '#capabilities/holds';
import { IdSchema } from '#contracts/ids';
import { ProblemSchema } from '#contracts/problem';
import { ScreeningDetailSchema } from '#contracts/screenings';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { sendRemembered } from '#platform/remember';
import type { Reading } from '../reading/reading.ts';

export const ScreeningParams = Type.Object({ id: IdSchema });

/** GET /api/screenings/:id. Public, from memory. */
export function registerScreeningRoutes(api: HttpServer, deps: { reading: Reading }): void {
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
      const found = await deps.reading.screening(request.params.id, request.raw.url);
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
