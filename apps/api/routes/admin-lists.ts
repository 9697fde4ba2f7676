import { Type } from 'typebox';
import { exportOrders, readAuditorium, readTheater, searchOrders, searchTheaters } from '#capabilities/reports';
import {
  ADMIN_ORDER_SORTS,
  AdminAuditoriumSchema,
  AdminOrderListSchema,
  AdminTheaterDetailSchema,
  AdminTheaterListSchema,
} from '#contracts/admin';
import { ORDER_STATES } from '#contracts/outcomes';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { sendAttachment } from '../attachment.ts';
import { atLeast } from '../session.ts';

const tags = ['back office'];
const Q = Type.Optional(Type.String({ maxLength: 254 }));
const Page = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1 }));
const IdParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) });
const orderFilter = {
  q: Q,
  // An empty one is what an untouched field of a form sends: all states.
  state: Type.Optional(Type.Enum(['', ...ORDER_STATES])),
  sort: Type.Optional(Type.Enum([...ADMIN_ORDER_SORTS])),
};

/** The lists of the back office that filter, sort, page and export. */
export function registerAdminListRoutes(api: HttpServer, deps: { db: Database }): void {
  registerOrderLists(api, deps.db);
  registerTheaterLists(api, deps.db);
}

function registerOrderLists(api: HttpServer, db: Database): void {
  api.get(
    '/api/admin/orders',
    {
      preHandler: atLeast('manager'),
      schema: {
        summary: 'Orders by id, e-mail address or movie; without a question those of the last 30 days',
        tags,
        querystring: Type.Object({ ...orderFilter, page: Page }),
        response: { 200: AdminOrderListSchema },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { state, page, ...search } = request.query;
      return searchOrders(db, { ...search, state: state || undefined, page: page ?? 1 });
    },
  );

  api.get(
    '/api/admin/orders.csv',
    {
      preHandler: atLeast('manager'),
      schema: {
        summary: 'The same as a file for a spreadsheet, the first 20,000',
        tags,
        querystring: Type.Object(orderFilter),
        produces: ['text/csv'],
        response: { 200: Type.String({ description: 'text/csv, UTF-8, semicolons' }) },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { state, ...search } = request.query;
      const text = await exportOrders(db, { ...search, state: state || undefined });
      return sendAttachment(reply, 'text/csv; charset=utf-8', 'poltrona-pedidos.csv', text);
    },
  );
}

function registerTheaterLists(api: HttpServer, db: Database): void {
  api.get(
    '/api/admin/theaters',
    {
      preHandler: atLeast('manager'),
      schema: {
        summary: 'Theaters by words of name or city, closed ones too',
        tags,
        querystring: Type.Object({ q: Q, page: Page }),
        response: { 200: AdminTheaterListSchema },
      },
    },
    async (request) => searchTheaters(db, { q: request.query.q, page: request.query.page ?? 1 }),
  );

  api.get(
    '/api/admin/theaters/:id',
    {
      preHandler: atLeast('manager'),
      schema: {
        summary: 'One theater with its auditoriums',
        tags,
        params: IdParams,
        response: { 200: AdminTheaterDetailSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => (await readTheater(db, request.params.id)) ?? sendProblem(reply, 404, 'theater_unknown'),
  );

  api.get(
    '/api/admin/auditoriums/:id',
    {
      preHandler: atLeast('manager'),
      schema: {
        summary: 'One auditorium with its seat plan',
        tags,
        params: IdParams,
        response: { 200: AdminAuditoriumSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) =>
      (await readAuditorium(db, request.params.id)) ?? sendProblem(reply, 404, 'auditorium_unknown'),
  );
}
