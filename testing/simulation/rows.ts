import { chargedCents, feeCents, halfPriceQuota, type TicketKind } from '#contracts/ticket-kinds';
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
  /** The key and the body that made it: while the order is there, they are answered by it. */
  key: string;
  fingerprint: string;
  state: OrderState;
  /** One element per seat, ascending, as in orders.orders. */
  seatNos: readonly number[];
  kinds: readonly TicketKind[];
  priceCents: readonly number[];
  feeBasisPoints: number;
  /** As first answered, once the buyer has changed them. */
  firstKinds: readonly TicketKind[] | null;
  totalCents: number;
  /** What the buyer was told; never changes. */
  heldUntil: number;
  /** How long the seats are kept, and count. */
  seatsUntil: number;
  correlationId: string;
};
export type AttemptRow = { attemptId: string; orderId: string; capturedCents: number; refundedCents: number };

export type Rows = {
  screenings: Map<number, ScreeningRow>;
  orders: Map<string, OrderRow>;
  /** By answerOf(). */
  refusals: Map<string, { fingerprint: string; body: string }>;
  /** Half-price tickets promised, by screening; none before somebody asked for one. */
  quotas: Map<number, number>;
  attempts: Map<string, AttemptRow>;
};

type Person = { screeningId: number; buyerKey: string };
export const personOf = (row: Person) => `${row.screeningId}/${row.buyerKey}`;
/** A key is the person's own: two accounts of one CPF share it. */
export const answerOf = (wish: Person & { key: string }) => `${personOf(wish)}/${wish.key}`;

/** Made of screening, person and serial number, from 1: docs/decisions/0020. */
export const orderIdOf = (row: Person, serial: number) => `${personOf(row)}#${serial}`;
export const serialOf = (orderId: string) => Number(orderId.slice(orderId.indexOf('#') + 1));
export const ordersOf = (rows: Rows, person: Person): OrderRow[] =>
  [...rows.orders.values()].filter((order) => personOf(order) === personOf(person));

/** An order's seats with what each costs, for these kinds. */
export const linesOf = (order: OrderRow, kinds = order.kinds): OrderLine[] =>
  order.seatNos.map((seatNo, at) => {
    const charged = chargedCents(kinds[at]!, order.priceCents[at]!);
    const fee = feeCents(charged, order.feeBasisPoints);
    return { seatNo, kind: kinds[at]!, priceCents: order.priceCents[at]!, chargedCents: charged, feeCents: fee };
  });

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
    refusals: new Map(),
    quotas: new Map(),
    attempts: new Map(),
  };
}
