import { Type } from 'typebox';
import {
  exportOrders,
  type OrderSearch,
  readAuditorium,
  readTheater,
  searchOrders,
  searchTheaters,
} from '#capabilities/reports';
import {
  ADMIN_ORDER_SORTS,
  AdminAuditoriumSchema,
  AdminOrderListSchema,
  AdminTheaterDetailSchema,
  AdminTheaterListSchema,
} from '#contracts/admin';
import { ORDER_STATES } from '#contracts/outcomes';
import { IdSchema } from '#contracts/ids';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import type { Queryable } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { sendAttachment } from '../attachment.ts';
import { atLeast } from '../session.ts';

const tags = ['back office'];
const Q = Type.Optional(Type.String({ maxLength: 254 }));
const Page = Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 1 }));
const IdParams = Type.Object({ id: IdSchema });
const orderFilter = {
  // An empty one is what an untouched field of a form sends: all states.
  state: Type.Optional(Type.Enum(['', ...ORDER_STATES])),
  sort: Type.Optional(Type.Enum([...ADMIN_ORDER_SORTS])),
};
const Strict = { additionalProperties: false };
const CSV = 'text/csv; charset=utf-8';
const CsvFile = Type.String({ description: 'text/csv, UTF-8, semicolons' });
const CSV_NAME = 'poltrona-pedidos.csv';
const SEARCH_READS =
  'Only reads: it takes no Idempotency-Key. A POST, because an e-mail address must not stand in a URL.';

/** The lists of the back office that filter, sort, page and export. */
export function registerAdminListRoutes(api: HttpServer, reader: Queryable): void {
  registerOrderLists(api, reader);
  registerTheaterLists(api, reader);
}

function registerOrderLists(api: HttpServer, db: Queryable): void {
  api.get(
    '/api/admin/orders',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'The orders of the last 30 days',
        tags,
        querystring: Type.Object({ ...orderFilter, page: Page }, Strict),
        response: { 200: AdminOrderListSchema },
      },
    },
    async (request) => {
      const { page, ...filter } = request.query;
      return searchOrders(db, { ...searchOf(filter), page: page ?? 1 });
    },
  );

  api.get(
    '/api/admin/orders.csv',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'The same as a file for a spreadsheet, the first 20,000',
        tags,
        querystring: Type.Object(orderFilter, Strict),
        produces: ['text/csv'],
        response: { 200: CsvFile },
      },
    },
    async (request, reply) => {
      return sendAttachment(reply, CSV, CSV_NAME, await exportOrders(db, searchOf(request.query)));
    },
  );
  registerOrderSearch(api, db);
}

function registerOrderSearch(api: HttpServer, db: Queryable): void {
  api.post(
    '/api/admin/orders/search',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'Orders by id, e-mail address or movie; without a question those of the last 30 days',
        description: SEARCH_READS,
        tags,
        body: Type.Object({ q: Q, ...orderFilter, page: Page }, Strict),
        response: { 200: AdminOrderListSchema, '4xx': ProblemSchema },
      },
    },
    async (request) => {
      const { page, ...filter } = request.body;
      return searchOrders(db, { ...searchOf(filter), page: page ?? 1 });
    },
  );

  api.post(
    '/api/admin/orders/search.csv',
    {
      onRequest: atLeast('manager'),
      schema: {
        summary: 'What that search finds as a file for a spreadsheet, the first 20,000',
        description: SEARCH_READS,
        tags,
        body: Type.Object({ q: Q, ...orderFilter }, Strict),
        produces: ['text/csv'],
        response: { 200: CsvFile, '4xx': ProblemSchema },
      },
    },
    async (request, reply) => {
      return sendAttachment(reply, CSV, CSV_NAME, await exportOrders(db, searchOf(request.body)));
    },
  );
}

/** The empty state of a form means all states. */
function searchOf({
  state,
  ...search
}: Omit<OrderSearch, 'state'> & { state?: '' | OrderSearch['state'] }): OrderSearch {
  return { ...search, state: state || undefined };
}

function registerTheaterLists(api: HttpServer, db: Queryable): void {
  api.get(
    '/api/admin/theaters',
    {
      onRequest: atLeast('manager'),
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
      onRequest: atLeast('manager'),
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
      onRequest: atLeast('manager'),
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
