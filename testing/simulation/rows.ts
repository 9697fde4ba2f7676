import { halfPriceQuota, type TicketKind } from '#contracts/ticket-kinds';
import type { OrderLine } from '#contracts/orders';
import type { OrderState } from '#contracts/outcomes';
import type { SeatState } from '#contracts/seat-states';
import type { Random } from './random.ts';

// The tables of the simulated database, as the migrations have them; times are milliseconds of the story.

export const HOLD_MS = 480_000;
export const GRACE_MS = 60_000;

/**
 * The clock of the database moves in steps of ten seconds; hold and grace are whole numbers of them. So the replay on
 * PostgreSQL, whose clock goes on, has ten seconds for each command until a comparison could turn out otherwise.
 */
export const DATABASE_TICK_MS = 10_000;

export type TicketRow = {
  seatNo: number;
  state: SeatState;
  kind: TicketKind | null;
  orderId: string | null;
  heldUntil: number | null;
};
export type ScreeningRow = {
  screeningId: number;
  status: 'on_sale' | 'paused';
  priceCents: number;
  feeBasisPoints: number;
  quota: number;
  /** By seat number, from 1. */
  tickets: TicketRow[];
};
export type OrderRow = {
  screeningId: number;
  orderId: string;
  buyerId: string;
  buyerKey: string;
  state: OrderState;
  lines: readonly OrderLine[];
  totalCents: number;
  heldUntil: number;
  correlationId: string;
};
export type Counted = { orderId: string; seats: number; until: number };
export type AttemptRow = { attemptId: string; orderId: string; capturedCents: number; refundedCents: number };

export type Rows = {
  screenings: Map<number, ScreeningRow>;
  orders: Map<string, OrderRow>;
  /** By tallyOf(). */
  tallies: Map<string, Counted[]>;
  /** By answerOf(). */
  answers: Map<string, { fingerprint: string; body: string }>;
  attempts: Map<string, AttemptRow>;
};

export const tallyOf = (row: { screeningId: number; buyerKey: string }) => `${row.screeningId}/${row.buyerKey}`;
export const answerOf = (wish: { screeningId: number; buyerId: string; key: string }) =>
  `${wish.screeningId}/${wish.buyerId}/${wish.key}`;

/** One to three screenings with few seats, so that buyers meet. Odd prices show how halves are rounded. */
export function drawRows(random: Random): Rows {
  const screenings = Array.from({ length: random.between(1, 3) }, (_, index): ScreeningRow => {
    const seats = random.between(6, 40);
    return {
      screeningId: index + 1,
      status: 'on_sale',
      priceCents: random.pick([3200, 2999, 1, 0, 4501]),
      feeBasisPoints: 1000,
      quota: random.chance(0.5) ? halfPriceQuota(seats) : random.between(0, 3),
      tickets: Array.from({ length: seats }, (_, at) => ({
        seatNo: at + 1,
        state: 'available',
        kind: null,
        orderId: null,
        heldUntil: null,
      })),
    };
  });
  return {
    screenings: new Map(screenings.map((screening) => [screening.screeningId, screening])),
    orders: new Map(),
    tallies: new Map(),
    answers: new Map(),
    attempts: new Map(),
  };
}
