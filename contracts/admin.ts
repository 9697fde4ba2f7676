import { Type, type Static } from 'typebox';
import { SEATS_PER_AUDITORIUM_MAX, SeatPlanSchema } from './seat-plan.ts';

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

/** POST /api/admin/orders/search {q?, state?, sort?, page?}: by order id, e-mail, or movie. */
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
/**
 * That search answers this, and so does GET /api/admin/orders, which has no `q`: e-mails stand in no URL. As files, and
 * so without pages: POST /api/admin/orders/search.csv and GET /api/admin/orders.csv.
 */
export const AdminOrderListSchema = Type.Object({
  orders: Type.Array(AdminOrderSchema),
  total: Type.Integer(),
  page: Type.Integer(),
  pageSize: Type.Integer(),
});
export type AdminOrderList = Static<typeof AdminOrderListSchema>;
/** `sort` of that list; a leading '-' turns it round. */
export const ADMIN_ORDER_SORTS = ['created', '-created', 'starts', '-starts', 'total', '-total'] as const;

/** One bar of the programme calendar. GET /api/admin/screenings?day=&theater= → {day, theaters, screenings}. */
export const AdminScreeningSchema = Type.Object({
  screeningId: Type.Integer(),
  movieTitle: Type.String(),
  theaterId: Type.Integer(),
  theaterName: Type.String(),
  auditoriumId: Type.Integer(),
  auditoriumName: Type.String(),
  startsAt: Type.String(),
  endsAt: Type.String(),
  localTime: Type.String(),
  localEndTime: Type.String(),
  language: Type.String(),
  format: Type.String(),
  priceCents: Type.Integer(),
  seatCount: Type.Integer(),
  sold: Type.Integer(),
  held: Type.Integer(),
  blocked: Type.Integer(),
  /** Orders that are held or awaiting payment now: the people in the middle of buying. */
  openOrders: Type.Integer(),
  paidOrders: Type.Integer(),
  status: Type.Enum(['on_sale', 'paused', 'cancelled']),
  /** Other screenings of the same auditorium that overlap in time. */
  conflictsWith: Type.Array(Type.Integer()),
});
export type AdminScreening = Static<typeof AdminScreeningSchema>;

export const ProgrammeDaySchema = Type.Object({
  day: Type.String(),
  /** Theaters with screenings on the day, for the choice of one. */
  theaters: Type.Array(Type.Object({ theaterId: Type.Integer(), name: Type.String(), screenings: Type.Integer() })),
  screenings: Type.Array(AdminScreeningSchema),
});
export type ProgrammeDay = Static<typeof ProgrammeDaySchema>;
// GET /api/admin/screenings/:id → AdminScreening; GET /api/admin/orders/:id → OrderView (contracts/orders.ts)
// POST /api/admin/orders/:id/refund {reason} → OrderView; POST /api/admin/screenings/:id/status {status}
// POST /api/admin/screenings/:id/blocks {seatNos, blocked}

const TextOrNull = Type.Union([Type.String(), Type.Null()]);

/** GET /api/admin/theaters?q=&page=: by words of name or city. */
export const AdminTheaterListSchema = Type.Object({
  theaters: Type.Array(
    Type.Object({
      theaterId: Type.Integer(),
      registryNo: Type.String(),
      name: Type.String(),
      city: Type.String(),
      state: Type.String(),
      status: Type.String(),
      auditoriumCount: Type.Integer(),
      seatCount: Type.Integer(),
    }),
  ),
  total: Type.Integer(),
  page: Type.Integer(),
  pageSize: Type.Integer(),
});
export type AdminTheaterList = Static<typeof AdminTheaterListSchema>;

/** GET /api/admin/theaters/:id */
export const AdminTheaterDetailSchema = Type.Object({
  theaterId: Type.Integer(),
  registryNo: Type.String(),
  name: Type.String(),
  city: Type.String(),
  state: Type.String(),
  status: Type.String(),
  exhibitor: TextOrNull,
  address: TextOrNull,
  timeZone: Type.String(),
  auditoriums: Type.Array(
    Type.Object({
      auditoriumId: Type.Integer(),
      registryNo: Type.String(),
      name: Type.String(),
      status: Type.String(),
      seatCount: Type.Integer(),
      hasPlan: Type.Boolean(),
    }),
  ),
});
export type AdminTheaterDetail = Static<typeof AdminTheaterDetailSchema>;

/** GET /api/admin/auditoriums/:id: with the plan that new screenings use, null while none fits. */
export const AdminAuditoriumSchema = Type.Object({
  auditoriumId: Type.Integer(),
  registryNo: Type.String(),
  name: Type.String(),
  status: Type.String(),
  seatCount: Type.Integer(),
  theaterId: Type.Integer(),
  theaterName: Type.String(),
  plan: Type.Union([SeatPlanSchema, Type.Null()]),
});
export type AdminAuditorium = Static<typeof AdminAuditoriumSchema>;

/** POST /api/admin/screenings/:id/status. Cancelling is another matter: it refunds. */
export const SalesStatusBodySchema = Type.Object(
  { status: Type.Enum(['on_sale', 'paused']) },
  { additionalProperties: false },
);

/** POST /api/admin/screenings/:id/blocks. All of the seats or none. */
export const BlocksBodySchema = Type.Object(
  {
    seatNos: Type.Array(Type.Integer({ minimum: 1, maximum: SEATS_PER_AUDITORIUM_MAX }), {
      minItems: 1,
      maxItems: SEATS_PER_AUDITORIUM_MAX,
      uniqueItems: true,
    }),
    blocked: Type.Boolean(),
  },
  { additionalProperties: false },
);
