import { Type, type Static } from 'typebox';
import { TICKET_KINDS } from './ticket-kinds.ts';

/** GET /api/orders/:id/tickets and GET /api/me/tickets (next ones first). */
export const TicketViewSchema = Type.Object({
  code: Type.String({ description: 'Ten characters, Crockford Base32, shown as XXXXX-XXXXX' }),
  screeningId: Type.Integer(),
  orderId: Type.String(),
  seatLabel: Type.String(),
  row: Type.String(),
  auditoriumName: Type.String(),
  theaterName: Type.String(),
  theaterAddress: Type.Union([Type.String(), Type.Null()]),
  city: Type.String(),
  movieTitle: Type.String(),
  rating: Type.Union([Type.String(), Type.Null()]),
  posterUrl: Type.Union([Type.String(), Type.Null()]),
  startsAt: Type.String(),
  localDate: Type.String(),
  localTime: Type.String(),
  language: Type.String(),
  format: Type.String(),
  kind: Type.Enum([...TICKET_KINDS]),
  priceCents: Type.Integer(),
  feeCents: Type.Integer(),
  state: Type.Enum(['valid', 'revoked', 'used']),
  admittedAt: Type.Union([Type.String(), Type.Null()]),
  /** The signed token that the QR holds, Base45. */
  token: Type.String(),
  qrSvg: Type.String(),
});
export type TicketView = Static<typeof TicketViewSchema>;
// GET /api/orders/:id/tickets.pdf → application/pdf; GET /api/orders/:id/calendar.ics → text/calendar.
