import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { countsInQuota, type TicketKind } from '#contracts/ticket-kinds';
import type { StoredAnswer, Wish } from './commands.ts';
import type { Without } from './guards.ts';
import { HOLD_MS, linesOf, type OrderRow, ordersOf, type Rows, type ScreeningRow, type TicketRow } from './rows.ts';

// What several commands of the model share, as capabilities/holds/seat-rules.fn.sql does for the SQL.

export const inQuota = (kinds: readonly TicketKind[]): number => kinds.filter(countsInQuota).length;
export const halfOf = (wish: Wish): number => inQuota(wish.seats.map((seat) => seat.kind));

export const totalOf = (order: OrderRow): number =>
  linesOf(order).reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0);

export function isFree(ticket: TicketRow, now: number): boolean {
  return ticket.state === 'available' || (ticket.state === 'held' && ticket.heldUntil! <= now);
}

/** Half-price tickets that may still be sold: those that are sold or held are counted. */
export function halfPriceLeft(screening: ScreeningRow, now: number): number {
  const used = screening.tickets.filter(
    (ticket) => ticket.kind && countsInQuota(ticket.kind) && ticket.state !== 'blocked' && !isFree(ticket, now),
  );
  return screening.quota - used.length;
}

/** Tickets of a screening that a person has, by their orders but this one. */
export function countedFor(
  rows: Rows,
  person: { screeningId: number; buyerKey: string },
  now: number,
  without: Without,
  butNot?: string,
): number {
  return ordersOf(rows, person)
    .filter((order) => {
      if (order.orderId === butNot) return false;
      if (order.state === 'paid' && !without.has('paid counts')) return true;
      const isAlive = order.state === 'held' || order.state === 'awaiting_payment';
      return (isAlive || without.has('over counts nothing')) && order.seatsUntil > now;
    })
    .reduce((sum, order) => sum + order.seatNos.length, 0);
}

export const passesLimit = (already: number, wanted: number) => already + wanted > TICKETS_PER_BUYER_MAX;

/** What was asked of these seats, as an order under this id; its tickets are the caller's part. */
export function makeOrder(rows: Rows, wish: Wish, orderId: string, seats: Wish['seats'], now: number): OrderRow {
  const screening = rows.screenings.get(wish.screeningId)!;
  const heldUntil = now + HOLD_MS;
  const order: OrderRow = {
    screeningId: wish.screeningId,
    orderId,
    buyerId: wish.buyerId,
    buyerKey: wish.buyerKey,
    key: wish.key,
    fingerprint: wish.fingerprint,
    state: 'held',
    seatNos: seats.map((seat) => seat.seatNo),
    kinds: seats.map((seat) => seat.kind),
    priceCents: seats.map(() => screening.priceCents),
    feeBasisPoints: screening.feeBasisPoints,
    firstKinds: null,
    totalCents: 0,
    heldUntil,
    seatsUntil: heldUntil,
    correlationId: wish.correlationId,
  };
  order.totalCents = totalOf(order);
  rows.orders.set(orderId, order);
  return order;
}

/** What whoever held an order was told, and is told again. */
export function heldAnswer(order: OrderRow, without: Without): string {
  const kinds = without.has('first kinds') ? order.kinds : (order.firstKinds ?? order.kinds);
  const answer: StoredAnswer = {
    outcome: 'held',
    instance: order.correlationId,
    orderId: order.orderId,
    heldUntil: order.heldUntil,
    lines: linesOf(order, kinds),
  };
  return JSON.stringify(answer);
}
