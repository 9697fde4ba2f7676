import { Type } from 'typebox';
import {
  changeKinds,
  type KindsOutcome,
  LIST_MAX,
  listOrders,
  readOrder,
  releaseOrder,
  screeningOf,
} from '#capabilities/orders';
import { KindsBodySchema, OrderIdSchema, OrderViewSchema } from '#contracts/orders';
import { ProblemSchema } from '#contracts/problem';
import type { HttpServer } from '#platform/http-server';
import type { Database } from '#platform/postgres';
import { sendProblem } from '#platform/problem';
import { answerKeyed } from '../keyed.ts';
import type { OrderFeed } from '../live/order-feed.ts';
import type { Streams } from '../live/streams.ts';
import { signedIn } from '../session.ts';

const tags = ['orders'];
const OrderParams = Type.Object({ id: OrderIdSchema });

/** A buyer's orders: list, one, live, other ticket kinds, giving back. Other people's orders do not exist (404). */
export function registerOrderRoutes(
  api: HttpServer,
  deps: { db: Database; orderFeed: OrderFeed; streams: Streams },
): void {
  const { db } = deps;

  api.get(
    '/api/orders',
    {
      onRequest: signedIn,
      schema: { summary: 'My orders, newest first', tags, response: { 200: Type.Array(OrderViewSchema) } },
    },
    async (request) => {
      return listOrders(db, { buyerId: request.session!.accountId, limit: LIST_MAX });
    },
  );

  api.get(
    '/api/orders/:id',
    {
      onRequest: signedIn,
      schema: {
        summary: 'One of my orders',
        tags,
        params: OrderParams,
        response: { 200: OrderViewSchema, 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const view = await readOrder(db, { orderId: request.params.id, buyerId: request.session!.accountId });
      return view ?? sendProblem(reply, 404, 'order_unknown');
    },
  );

  api.get(
    '/api/orders/:id/live',
    {
      onRequest: signedIn,
      schema: {
        summary: 'One of my orders as server-sent events: `event: order` now and at every change',
        tags,
        params: OrderParams,
        response: { 200: Type.String({ description: 'text/event-stream' }), 404: ProblemSchema },
      },
    },
    async (request, reply) => {
      const order = { orderId: request.params.id, buyerId: request.session!.accountId };
      if (!(await readOrder(db, order))) return sendProblem(reply, 404, 'order_unknown');
      const stream = deps.streams.open(request, reply, { accountId: order.buyerId });
      if (stream) await deps.orderFeed.follow(order, stream);
      return reply;
    },
  );

  registerOrderChanges(api, db);
}

const STATUS_OF_KINDS: Record<Exclude<KindsOutcome, 'changed'>, number> = {
  order_unknown: 404,
  order_expired: 409,
  order_not_changeable: 409,
  seats_differ: 422,
  half_price_exhausted: 409,
};

function registerOrderChanges(api: HttpServer, db: Database): void {
  api.put(
    '/api/orders/:id/kinds',
    {
      onRequest: signedIn,
      schema: {
        summary: 'Other ticket kinds for the same seats, while the order is held',
        tags,
        params: OrderParams,
        body: KindsBodySchema,
        response: { 200: OrderViewSchema, '4xx': ProblemSchema },
      },
    },
    async (request, reply) =>
      answerKeyed(
        db,
        request,
        reply,
        async (tx) => {
          const order = { orderId: request.params.id, buyerId: request.session!.accountId };
          const mine = await readOrder(tx, order);
          if (!mine) return { status: 404, problem: 'order_unknown' };
          const outcome = await changeKinds(tx, { ...mine, seats: request.body.seats });
          if (outcome !== 'changed') return { status: STATUS_OF_KINDS[outcome], problem: outcome };
          return { status: 200, body: await readOrder(tx, order) };
        },
        screeningOf(request.params.id) ?? 0,
      ),
  );

  api.delete(
    '/api/orders/:id',
    {
      onRequest: signedIn,
      schema: {
        summary: 'Give held seats back',
        tags,
        params: OrderParams,
        response: { 200: OrderViewSchema, '4xx': ProblemSchema },
      },
    },
    async (request, reply) =>
      answerKeyed(
        db,
        request,
        reply,
        async (tx) => {
          const order = { orderId: request.params.id, buyerId: request.session!.accountId };
          const mine = await readOrder(tx, order);
          if (!mine) return { status: 404, problem: 'order_unknown' };
          const outcome = await releaseOrder(tx, { ...mine, correlationId: request.id });
          if (outcome !== 'ended') return { status: 409, problem: 'order_not_releasable' };
          return { status: 200, body: await readOrder(tx, order) };
        },
        screeningOf(request.params.id) ?? 0,
      ),
  );
}
