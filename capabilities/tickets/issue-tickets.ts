import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

export type IssuedTicket = { screeningId: number; orderId: string; seatNo: number; code: number };

/**
 * Writes the tickets of paid orders, as sold, in the transaction that makes them paid: one statement, however many. An
 * order that has its tickets keeps them and gets no new ones.
 */
export async function issueTickets(
  tx: Transaction,
  ...orders: readonly { screeningId: number; orderId: string }[]
): Promise<IssuedTicket[]> {
  return tx.rows<IssuedTicket>(ISSUE, [orders.map((order) => order.screeningId), orders.map((order) => order.orderId)]);
}

/** The order's tickets open no door from here on. Again: nothing more happens. Returns the ones revoked now. */
export async function revokeTickets(
  tx: Transaction,
  order: { screeningId: number; orderId: string; reason: string },
): Promise<IssuedTicket[]> {
  return tx.rows<IssuedTicket>(REVOKE, [[order.screeningId], [order.orderId], [order.reason]]);
}

const ISSUE = sql`
  select screening_id as "screeningId", order_id as "orderId", seat_no as "seatNo", code
  from tickets.issue_tickets($1::integer[], $2::uuid[])`;
const REVOKE = sql`
  select screening_id as "screeningId", order_id as "orderId", seat_no as "seatNo", code
  from tickets.revoke_tickets($1::integer[], $2::uuid[], $3::text[])`;
