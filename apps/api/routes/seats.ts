import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { bestSeats, type HoldAnswer, type SeatHolder, type StoredHold } from '#capabilities/holds';
import { readOrder } from '#capabilities/orders';
import { type HeldOrder, HeldOrderSchema, HoldBodySchema } from '#contracts/orders';
import { type HoldOutcome, TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { ProblemSchema } from '#contracts/problem';
import { BestSeatsAnswerSchema } from '#contracts/screenings';
import { type Clock, systemClock } from '#platform/clock';
import { unreachable } from '#platform/fault';
import type { HttpServer } from '#platform/http-server';
import { type Answer, fingerprintOf } from '#platform/idempotency';
import type { Database } from '#platform/postgres';
import { problemBody, sendProblem } from '#platform/problem';
import { createHoarding, HOLD_LIMITS, type HoldLimits } from '../hold-limits.ts';
import { idempotencyKey, sendStored } from '../keyed.ts';
import type { SeatMap } from '../live/seat-map.ts';
import type { SeatMaps } from '../live/seat-maps.ts';
import type { Streams } from '../live/streams.ts';
import { limitPerAccount, limitPerAddress } from '../rate-limit.ts';
import { identifiedBuyer } from '../session.ts';
import { createPlans, ScreeningParams } from './screenings.ts';

const tags = ['seats'];

export type SeatRouteDeps = {
  db: Database;
  seatMaps: SeatMaps;
  seatHolder: SeatHolder;
  streams: Streams;
  clock?: Clock;
  limits?: HoldLimits;
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
      return map ? sendMap(request, reply, map) : sendProblem(reply, 404, 'screening_unknown');
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

/** 304 when the caller has this version, else the bytes that were serialised once. */
function sendMap(request: FastifyRequest, reply: FastifyReply, map: SeatMap): FastifyReply {
  const etag = `"${map.version()}"`;
  reply.header('etag', etag).header('cache-control', 'public, max-age=0, must-revalidate');
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type('application/json; charset=utf-8').send(map.body());
}

function registerHoldRoute(api: HttpServer, deps: SeatRouteDeps): void {
  const limits = deps.limits ?? HOLD_LIMITS;
  const clock = deps.clock ?? systemClock;
  const hoarding = createHoarding({
    max: limits.unpaidOrders,
    nowMs: () => clock.now().getTime(),
    isUnpaid: async (orderId) => {
      const order = await readOrder(deps.db, { orderId });
      return order?.state === 'held' || order?.state === 'awaiting_payment';
    },
  });

  api.post(
    '/api/screenings/:id/holds',
    {
      // The account first: whoever runs wild does not use up the address of the others.
      onRequest: [
        identifiedBuyer,
        limitPerAccount({ max: limits.perAccountAMinute, windowMs: 60_000 }),
        limitPerAddress({ max: limits.perAddressAMinute, windowMs: 60_000 }),
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
      const { seats } = request.body;
      if (new Set(seats.map((seat) => seat.seatNo)).size < seats.length) {
        return sendProblem(reply, 422, 'validation_failed', { errors: [{ field: 'seats', code: 'seat_repeated' }] });
      }
      const wish = { accountId: request.session!.accountId, screeningId: request.params.id, key };
      const place = hoarding.take(wish) ?? (await hoarding.lookAgain(wish));
      if (!place) {
        const retryAfter = hoarding.retryAfter(wish.accountId);
        return sendProblem(reply, 429, 'too_many_unpaid_orders', { retryAfter });
      }
      let stored: StoredHold | null = null;
      try {
        const answer = await deps.seatHolder.hold({
          screeningId: request.params.id,
          seats,
          buyerId: request.session!.accountId,
          buyerKey: request.session!.buyerKey!,
          key,
          fingerprint: fingerprintOf('POST', request.url, request.body),
          correlationId: request.id,
        });
        if ('hold' in answer) stored = answer.hold;
        return sendHold(reply, answer, request.params.id);
      } finally {
        if (stored?.outcome === 'held') place.held(stored.orderId, Date.parse(stored.heldUntil));
        else place.giveBack();
      }
    },
  );
}

function sendHold(reply: FastifyReply, held: HoldAnswer, screeningId: number): FastifyReply {
  switch (held.kind) {
    case 'overloaded':
      return sendProblem(reply, 503, 'overloaded', { retryAfter: 1 });
    case 'running':
      return sendProblem(reply, 409, 'request_in_progress', { retryAfter: 1 });
    case 'mismatch':
      return sendProblem(reply, 422, 'idempotency_key_reused');
    case 'first':
    case 'replay':
      return sendStored(reply, render(held.hold, screeningId), held.kind === 'replay');
    default:
      return unreachable(held);
  }
}

const STATUS_OF_HOLD: Record<HoldOutcome, number> = {
  screening_unknown: 404,
  screening_closed: 409,
  seat_unknown: 422,
  limit_reached: 409,
  seat_taken: 409,
  half_price_exhausted: 409,
  held: 201,
};

/** The HTTP answer as a pure function of the stored one, so that a replay is the same to the byte. */
export function render(hold: StoredHold, screeningId: number): Answer {
  const status = STATUS_OF_HOLD[hold.outcome];
  if (hold.outcome !== 'held') {
    const { outcome, instance, ...extra } = hold;
    return { status, body: JSON.stringify(problemBody(status, outcome, instance, { extra })) };
  }
  const ticketsCents = hold.lines.reduce((sum, line) => sum + line.chargedCents, 0);
  const feeCents = hold.lines.reduce((sum, line) => sum + line.feeCents, 0);
  const order: HeldOrder = {
    orderId: hold.orderId,
    screeningId,
    state: 'held',
    lines: hold.lines.map(({ seatNo, kind, priceCents, chargedCents, feeCents }) => ({
      seatNo,
      kind,
      priceCents,
      chargedCents,
      feeCents,
    })),
    ticketsCents,
    feeCents,
    totalCents: ticketsCents + feeCents,
    heldUntil: new Date(hold.heldUntil).toISOString(),
  };
  return { status, body: JSON.stringify(order) };
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
