import { Type } from 'typebox';
import { listTickets, renderCalendar, renderTicketsPdf, type TicketKeys } from '#capabilities/tickets';
import { OrderIdSchema } from '#contracts/orders';
import { ProblemSchema } from '#contracts/problem';
import { TicketViewSchema } from '#contracts/tickets';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { sendAttachment } from '../attachment.ts';
import { limitPerAccount } from '../rate-limit.ts';
import { signedIn } from '../session.ts';

const tags = ['tickets'];
/** Per account: a page costs a tenth of a second of this process. */
const PDFS_A_MINUTE = 20;
const OrderParams = Type.Object({ id: OrderIdSchema });
const LocaleQuery = Type.Object({ locale: Type.Optional(Type.Enum(['pt-BR', 'en'], { default: 'pt-BR' })) });
const File = (mediaType: string) => Type.String({ description: mediaType });

export type TicketRouteDeps = { db: Database; keys: TicketKeys; pdfsAMinute?: number };

/** A buyer's own tickets, each with its QR. Other people's do not exist (404). */
export function registerTicketRoutes(api: HttpServer, deps: TicketRouteDeps): void {
  api.get(
    '/api/me/tickets',
    {
      onRequest: signedIn,
      schema: { summary: 'My tickets, next ones first', tags, response: { 200: Type.Array(TicketViewSchema) } },
    },
    async (request) => {
      return listTickets(deps, { accountId: request.session!.accountId });
    },
  );

  api.get(
    '/api/orders/:id/tickets',
    {
      onRequest: signedIn,
      schema: {
        summary: 'The tickets of one of my orders',
        tags,
        params: OrderParams,
        response: { 200: Type.Array(TicketViewSchema), 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const tickets = await listTickets(deps, { orderId: request.params.id, holder: request.session!.accountId });
      return tickets.length > 0 ? tickets : sendProblem(reply, 404, 'tickets_unknown');
    },
  );

  registerTicketFiles(api, deps);
}

function registerTicketFiles(api: HttpServer, deps: TicketRouteDeps): void {
  api.get(
    '/api/orders/:id/tickets.pdf',
    {
      onRequest: [signedIn, limitPerAccount({ max: deps.pdfsAMinute ?? PDFS_A_MINUTE, windowMs: 60_000 })],
      schema: {
        summary: 'The tickets of one of my orders on paper, one page each',
        tags,
        params: OrderParams,
        querystring: LocaleQuery,
        produces: ['application/pdf'],
        response: { 200: File('application/pdf'), 404: ProblemSchema, 429: ProblemSchema },
      },
    },
    async (request, reply) => {
      const pdf = await renderTicketsPdf(deps, {
        orderId: request.params.id,
        holder: request.session!.accountId,
        locale: request.query.locale ?? 'pt-BR',
      });
      if (!pdf) return sendProblem(reply, 404, 'tickets_unknown');
      return sendAttachment(reply, 'application/pdf', `poltrona-${request.params.id.slice(0, 8)}.pdf`, pdf);
    },
  );

  api.get(
    '/api/orders/:id/calendar.ics',
    {
      onRequest: signedIn,
      schema: {
        summary: 'One of my orders as a calendar event',
        tags,
        params: OrderParams,
        querystring: LocaleQuery,
        produces: ['text/calendar'],
        response: { 200: File('text/calendar'), 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const choice = { orderId: request.params.id, holder: request.session!.accountId };
      const calendar = await renderCalendar(deps, choice, request.query.locale ?? 'pt-BR');
      if (calendar === null) return sendProblem(reply, 404, 'tickets_unknown');
      return sendAttachment(reply, 'text/calendar; charset=utf-8', 'poltrona.ics', calendar);
    },
  );
}
