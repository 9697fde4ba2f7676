import type { AuditedOrder, AuditedTicket, Books } from './audit-books.ts';

export type View = Books & {
  orderById: Map<string, AuditedOrder>;
  ticketAt: Map<string, AuditedTicket>;
  live: AuditedOrder[];
};

export const seatKey = (screeningId: number, seatNo: number) => `${screeningId}/${seatNo}`;
export const seatName = (row: { screeningId: number; seatNo: number }) =>
  `seat ${row.seatNo} of screening ${row.screeningId}`;

/** The rows by what is looked for. */
export function index(books: Books): View {
  const orderById = new Map(books.orders.map((order) => [order.orderId, order]));
  const ticketAt = new Map(books.tickets.map((ticket) => [seatKey(ticket.screeningId, ticket.seatNo), ticket]));
  const live = books.orders.filter((order) => order.state === 'paid' || (isOpen(order) && !order.timeIsOver));
  return { ...books, orderById, ticketAt, live };
}

export const isOpen = (order: AuditedOrder) => order.state === 'held' || order.state === 'awaiting_payment';
