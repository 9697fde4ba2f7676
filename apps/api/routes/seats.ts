import { Type } from 'typebox';
import { bestSeats } from '#capabilities/holds';
import { HeldOrderSchema, HoldBodySchema } from '#contracts/orders';
import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { ProblemSchema } from '#contracts/problem';
import { BestSeatsAnswerSchema } from '#contracts/screenings';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { sendRemembered } from '#platform/remember';
import type { HoldDesk } from '../hold-desk.ts';
import { idempotencyKey, sendStored } from '../keyed.ts';
import type { SeatMaps } from '../live/seat-maps.ts';
import type { Streams } from '../live/streams.ts';
import { identifiedBuyer } from '../session.ts';
import { createPlans, ScreeningParams } from './screenings.ts';

const tags = ['seats'];

export type SeatRouteDeps = {
  db: Database;
  seatMaps: SeatMaps;
  holdDesk: HoldDesk;
  streams: Streams;
};

/** The seats of a screening: the map, the live map, the best ones, and holding them. */
export function registerSeatRoutes(api: HttpServer, deps: SeatRouteDeps): void {
  const planOf = createPlans(deps.db);

  api.get(
    '/api/screenings/:id/seats',
    {
      schema: {
        summary: 'The seat map now, packed two bits a seat',
        description: 'See contracts/seat-states.ts. The ETag is the version; If-None-Match is answered by 304.',
        tags,
        params: ScreeningParams,
        response: { 200: SnapshotSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const map = await deps.seatMaps.get(request.params.id);
      return map ? sendRemembered(request, reply, map.remembered()) : sendProblem(reply, 404, 'screening_unknown');
    },
  );

  api.get(
    '/api/screenings/:id/best-seats',
    {
      schema: {
        summary: 'The best free seats for a party: together, near the middle, leaving nobody alone',
        tags,
        params: ScreeningParams,
        querystring: Type.Object({
          count: Type.Integer({ minimum: 1, maximum: TICKETS_PER_BUYER_MAX }),
          accessible: Type.Optional(Type.Boolean()),
        }),
        response: { 200: BestSeatsAnswerSchema, 404: ProblemSchema, 409: ProblemSchema },
      },
    },
    async (request, reply) => {
      const [plan, map] = await Promise.all([planOf(request.params.id), deps.seatMaps.get(request.params.id)]);
      if (!plan || !map) return sendProblem(reply, 404, 'screening_unknown');
      const best = bestSeats(plan, map.states(), request.query);
      return best ?? sendProblem(reply, 409, 'not_enough_seats');
    },
  );

  api.get(
    '/api/screenings/:id/live',
    {
      schema: {
        summary:
          'The seat map as server-sent events: a snapshot, then deltas chained by version; `sale` when it is paused',
        tags,
        params: ScreeningParams,
        response: { 200: Type.String({ description: 'text/event-stream' }), 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      if (!(await deps.seatMaps.get(id))) return sendProblem(reply, 404, 'screening_unknown');
      const stream = deps.streams.open(request, reply);
      if (!stream) return reply;
      const stop = await deps.seatMaps.watch(id, stream);
      if (stop) stream.onClose(stop);
      return reply;
    },
  );

  registerHoldRoute(api, deps);
}

function registerHoldRoute(api: HttpServer, { holdDesk }: SeatRouteDeps): void {
  api.post(
    '/api/screenings/:id/holds',
    {
      onRequest: [
        identifiedBuyer,
        async (request, reply) => {
          const retryAfter = holdDesk.tooMany(request.session!.accountId, request.ip);
          if (retryAfter !== null) return sendProblem(reply, 429, 'too_many_requests', { retryAfter });
        },
      ],
      schema: {
        summary: 'Hold seats: all of them for some minutes, or none',
        description:
          'Needs an Idempotency-Key. At most ten tickets of a screening for one CPF. 429 `too_many_unpaid_orders` for ' +
          'who holds seats in three orders already; like `too_many_requests` it is not stored under the key.',
        tags,
        params: ScreeningParams,
        body: HoldBodySchema,
        response: { 201: HeldOrderSchema, '4xx': ProblemSchema, 503: ProblemSchema },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey(request, reply);
      if (key === null) return reply;
      const answer = await holdDesk.hold({
        screeningId: request.params.id,
        body: request.body,
        accountId: request.session!.accountId,
        buyerKey: request.session!.buyerKey!,
        key,
        url: request.url,
        correlationId: request.id,
      });
      if (answer.retryAfter) reply.header('retry-after', answer.retryAfter);
      return sendStored(reply, answer, answer.replayed);
    },
  );
}

const HalfPrice = Type.Object({ quota: Type.Integer(), used: Type.Integer() });
const SnapshotSchema = Type.Object({
  screeningId: Type.Integer(),
  version: Type.String(),
  seatCount: Type.Integer(),
  states: Type.String({ description: 'Base64, two bits a seat' }),
  available: Type.Integer(),
  halfPrice: HalfPrice,
});
