import { Type, type Static } from 'typebox';
import { ORDER_STATES, PAYMENT_STATES, TICKETS_PER_BUYER_MAX } from './outcomes.ts';
import { BUYER_TICKET_KINDS, TICKET_KINDS } from './ticket-kinds.ts';

export const OrderIdSchema = Type.String({ format: 'uuid' });

/** POST /api/screenings/:id/holds. Needs Idempotency-Key. All the seats are held, or none. */
export const HoldBodySchema = Type.Object(
  {
    seats: Type.Array(
      Type.Object(
        { seatNo: Type.Integer({ minimum: 1, maximum: 5000 }), kind: Type.Enum([...BUYER_TICKET_KINDS]) },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: TICKETS_PER_BUYER_MAX },
    ),
  },
  { additionalProperties: false },
);
export type HoldBody = Static<typeof HoldBodySchema>;

/** PUT /api/orders/:id/kinds. The same seats with other ticket kinds, while the order is held. */
export const KindsBodySchema = HoldBodySchema;

export const OrderLineSchema = Type.Object({
  seatNo: Type.Integer(),
  kind: Type.Enum([...TICKET_KINDS]),
  priceCents: Type.Integer(),
  chargedCents: Type.Integer(),
  feeCents: Type.Integer(),
});
export type OrderLine = Static<typeof OrderLineSchema>;

/** The answer to a hold: everything the payment page needs to begin. */
export const HeldOrderSchema = Type.Object({
  orderId: OrderIdSchema,
  screeningId: Type.Integer(),
  state: Type.Enum([...ORDER_STATES]),
  lines: Type.Array(OrderLineSchema),
  ticketsCents: Type.Integer(),
  feeCents: Type.Integer(),
  totalCents: Type.Integer(),
  heldUntil: Type.String(),
});
export type HeldOrder = Static<typeof HeldOrderSchema>;

/** GET /api/orders/:id, and `event: order` of GET /api/orders/:id/live. */
export const OrderViewSchema = Type.Object({
  ...HeldOrderSchema.properties,
  /** The server's time when this was made: the countdown is heldUntil - serverTime, whatever the phone's clock says. */
  serverTime: Type.String(),
  createdAt: Type.String(),
  paidAt: Type.Union([Type.String(), Type.Null()]),
  screening: Type.Object({
    movieTitle: Type.String(),
    posterUrl: Type.Union([Type.String(), Type.Null()]),
    rating: Type.Union([Type.String(), Type.Null()]),
    theaterName: Type.String(),
    theaterAddress: Type.Union([Type.String(), Type.Null()]),
    auditoriumName: Type.String(),
    startsAt: Type.String(),
    localDate: Type.String(),
    localTime: Type.String(),
    timeZone: Type.String(),
  }),
  seatLabels: Type.Array(Type.String(), { description: 'In the order of lines' }),
  payment: Type.Union([
    Type.Object({
      attemptId: Type.String(),
      provider: Type.Enum(['stripe', 'paypal', 'none']),
      method: Type.Enum(['card', 'pix', 'paypal', 'none']),
      state: Type.Enum([...PAYMENT_STATES]),
      failureCode: Type.Union([Type.String(), Type.Null()]),
    }),
    Type.Null(),
  ]),
  refundedCents: Type.Integer(),
  /** What happened, oldest first, for the time line. */
  history: Type.Array(Type.Object({ at: Type.String(), event: Type.String() })),
});
export type OrderView = Static<typeof OrderViewSchema>;
