import { Type, type Static } from 'typebox';

/** GET /api/admin/board?day= (manager and above): the board of today. */
export const BoardSchema = Type.Object({
  day: Type.String(),
  grossCents: Type.Integer(),
  feeCents: Type.Integer(),
  ticketsSold: Type.Integer(),
  ordersPaid: Type.Integer(),
  refundedCents: Type.Integer(),
  admitted: Type.Integer(),
  /** Tickets sold per hour of the day, today and the same weekday last week; 24 numbers each. */
  salesPerHour: Type.Array(Type.Integer()),
  salesPerHourLastWeek: Type.Array(Type.Integer()),
  screenings: Type.Array(
    Type.Object({
      screeningId: Type.Integer(),
      movieTitle: Type.String(),
      theaterName: Type.String(),
      auditoriumName: Type.String(),
      localTime: Type.String(),
      seatCount: Type.Integer(),
      sold: Type.Integer(),
      held: Type.Integer(),
      status: Type.String(),
    }),
  ),
  alerts: Type.Array(Type.Object({ code: Type.String(), at: Type.String(), subject: Type.String() })),
});
export type Board = Static<typeof BoardSchema>;

/** GET /api/admin/orders?q=&state=&page=: by order id, e-mail, or movie. */
export const AdminOrderSchema = Type.Object({
  orderId: Type.String(),
  screeningId: Type.Integer(),
  state: Type.String(),
  movieTitle: Type.String(),
  theaterName: Type.String(),
  startsAt: Type.String(),
  email: Type.String(),
  seatCount: Type.Integer(),
  totalCents: Type.Integer(),
  createdAt: Type.String(),
});
export type AdminOrder = Static<typeof AdminOrderSchema>;
// POST /api/admin/orders/:id/refund {reason} → OrderView; POST /api/admin/screenings/:id/status {status}
// POST /api/admin/screenings/:id/blocks {seatNos, blocked}
