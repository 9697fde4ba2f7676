import { Type } from 'typebox';
import { blockSeats } from '#capabilities/holds';
import { readOrder } from '#capabilities/orders';
import { cinemaDayNow, readBoard, readProgramme, readScreeningOccupancy } from '#capabilities/reports';
import { type SalesStatusOutcome, setSalesStatus } from '#capabilities/screenings';
import {
  AdminScreeningSchema,
  BlocksBodySchema,
  BoardSchema,
  ProgrammeDaySchema,
  SalesStatusBodySchema,
} from '#contracts/admin';
import { IdSchema } from '#contracts/ids';
import { OrderIdSchema, OrderViewSchema } from '#contracts/orders';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import type { Database, Queryable } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { CinemaDaySchema } from '../cinema-day.ts';
import { answerKeyed } from '../keyed.ts';
import { atLeast } from '../session.ts';
import { registerAdminListRoutes } from './admin-lists.ts';

const tags = ['back office'];
const Day = Type.Optional(CinemaDaySchema);
const ScreeningParams = Type.Object({ id: IdSchema });

/** The managers' back office: board, programme, one screening, orders, theaters. Imports and refunds are elsewhere. */
export function registerAdminRoutes(api: HttpServer, deps: { db: Database; reader: Queryable }): void {
  registerBoard(api, deps);
  registerScreening(api, deps.db);
  registerAdminListRoutes(api, deps.reader);

  api.get(
    '/api/admin/orders/:id',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'Any order',
        tags,
        params: Type.Object({ id: OrderIdSchema }),
        response: { 200: OrderViewSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const order = await readOrder(deps.db, { orderId: request.params.id.toLowerCase() });
      return order ?? sendProblem(reply, 404, 'order_unknown');
    },
  );
}

/** Boards and lists may lag; one screening may not, because its page shows what the manager has just done. */
function registerBoard(api: HttpServer, { db, reader }: { db: Database; reader: Queryable }): void {
  api.get(
    '/api/admin/board',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'The board of a day: sales by hour, money, occupancy, alerts',
        tags,
        querystring: Type.Object({ day: Day }),
        response: { 200: BoardSchema },
      },
    },
    async (request) => {
      return readBoard(reader, request.query);
    },
  );

  api.get(
    '/api/admin/screenings',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'The programme of a cinema day with occupancy and overlaps, today by default',
        tags,
        querystring: Type.Object({
          day: Day,
          theater: Type.Optional(IdSchema),
        }),
        response: { 200: ProgrammeDaySchema },
      },
    },
    async (request) => {
      const day = request.query.day ?? (await cinemaDayNow(reader));
      return readProgramme(reader, { day, theaterId: request.query.theater });
    },
  );

  api.get(
    '/api/admin/screenings/:id',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'One screening as in the programme',
        tags,
        params: ScreeningParams,
        response: { 200: AdminScreeningSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      return (await readScreeningOccupancy(db, request.params.id)) ?? sendProblem(reply, 404, 'screening_unknown');
    },
  );
}

const STATUS_OF_SALES: Record<Exclude<SalesStatusOutcome, 'set'>, number> = {
  screening_unknown: 404,
  screening_cancelled: 409,
};

function registerScreening(api: HttpServer, db: Database): void {
  api.post(
    '/api/admin/screenings/:id/status',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'Stop the sale of a screening or let it go on; seats that are held can still be paid',
        tags,
        params: ScreeningParams,
        body: SalesStatusBodySchema,
        response: { 200: AdminScreeningSchema, '4xx': ProblemSchema },
      },
    },
    async (request, reply) =>
      answerKeyed(db, request, reply, async (tx) => {
        const screeningId = request.params.id;
        const outcome = await setSalesStatus(tx, { screeningId, status: request.body.status });
        if (outcome !== 'set') return { status: STATUS_OF_SALES[outcome], problem: outcome };
        return { status: 200, body: await readScreeningOccupancy(tx, screeningId) };
      }),
  );

  api.post(
    '/api/admin/screenings/:id/blocks',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'Take seats off sale or put them back, all or none; seats that somebody has are refused',
        tags,
        params: ScreeningParams,
        body: BlocksBodySchema,
        response: { 200: AdminScreeningSchema, '4xx': ProblemSchema },
      },
    },
    async (request, reply) =>
      answerKeyed(
        db,
        request,
        reply,
        async (tx) => {
          const screeningId = request.params.id;
          const { seatNos, blocked } = request.body;
          if (!(await readScreeningOccupancy(tx, screeningId))) return { status: 404, problem: 'screening_unknown' };
          const answer = await blockSeats(tx, { screeningId, seatNos, blocked });
          if (answer.outcome === 'seat_unknown') return { status: 404, problem: answer.outcome };
          if (answer.outcome === 'seat_taken') {
            return { status: 409, problem: answer.outcome, extra: { seatNos: answer.seatNos } };
          }
          return { status: 200, body: await readScreeningOccupancy(tx, screeningId) };
        },
        request.params.id,
      ),
  );
}
