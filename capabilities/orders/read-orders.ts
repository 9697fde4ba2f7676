import type { OrderLine, OrderView } from '#contracts/orders';
import type { OrderState } from '#contracts/outcomes';
import { shardOf } from '#platform/ids';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';

/** The order with everything a person may see of it, or null; with `buyerId`, null for other people's orders too. */
export async function readOrder(
  db: Queryable,
  order: { orderId: string; buyerId?: string },
): Promise<OrderView | null> {
  const screeningId = screeningOf(order.orderId);
  if (screeningId === null) return null;
  const row = await db.row<OrderRow>(READ_ORDER, [screeningId, order.orderId, order.buyerId ?? null]);
  return row ? viewOf(row) : null;
}

/** The screening inside an order's id, or null when the text is no id of an order of ours. */
export function screeningOf(orderId: string): number | null {
  return shardOf(orderId);
}

/** Whose order it is and what its payment is written down under; whether it may be paid, `awaitPayment` says. */
export async function payableOrder(
  db: Queryable,
  order: { orderId: string },
): Promise<{ screeningId: number; buyerId: string; correlationId: string } | null> {
  const screeningId = screeningOf(order.orderId);
  return screeningId === null ? null : db.row(READ_PAYER, [screeningId, order.orderId]);
}

/** A buyer's orders, newest first. */
export async function listOrders(db: Queryable, buyer: { buyerId: string; limit: number }): Promise<OrderView[]> {
  const rows = await db.rows<OrderRow>(LIST_ORDERS, [buyer.buyerId, Math.min(buyer.limit, LIST_MAX)]);
  return rows.map(viewOf);
}

export const LIST_MAX = 100;

type OrderRow = {
  orderId: string;
  screeningId: number;
  state: OrderState;
  ended: boolean;
  lines: OrderLine[];
  ticketsCents: number;
  feeCents: number;
  totalCents: number;
  heldUntil: Date;
  serverTime: Date;
  createdAt: Date;
  paidAt: Date | null;
  startsAt: Date;
  screening: Omit<OrderView['screening'], 'startsAt'>;
  seatLabels: string[];
  payment: OrderView['payment'];
  refundedCents: number;
  history: { at: string; event: string }[];
};

function viewOf(row: OrderRow): OrderView {
  return {
    orderId: row.orderId,
    screeningId: row.screeningId,
    // Nobody has written it down yet, but the time is over: the countdown never lies.
    state: row.ended ? 'expired' : row.state,
    lines: row.lines,
    ticketsCents: row.ticketsCents,
    feeCents: row.feeCents,
    totalCents: row.totalCents,
    heldUntil: row.heldUntil.toISOString(),
    serverTime: row.serverTime.toISOString(),
    createdAt: row.createdAt.toISOString(),
    paidAt: row.paidAt?.toISOString() ?? null,
    screening: { ...row.screening, startsAt: row.startsAt.toISOString() },
    seatLabels: row.seatLabels,
    payment: row.payment,
    refundedCents: row.refundedCents,
    history: row.history.map((entry) => ({ at: new Date(entry.at).toISOString(), event: entry.event })),
  };
}

const READ_ORDER = sql`
  select * from orders.views
  where "screeningId" = $1 and "orderId" = $2 and ($3::uuid is null or "buyerId" = $3::uuid)`;
const READ_PAYER = sql`
  select screening_id as "screeningId", buyer_id as "buyerId", correlation_id as "correlationId"
  from orders.orders where screening_id = $1 and order_id = $2`;
const LIST_ORDERS = sql`
  select * from orders.views where "buyerId" = $1 order by "createdAt" desc limit $2`;
