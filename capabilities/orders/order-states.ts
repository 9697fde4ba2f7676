import { ORDER_STATES, type OrderState } from '#contracts/outcomes';

/**
 *   held ──payment_started──▶ awaiting_payment ──paid──▶ paid ──refunded──▶ refunded
 *    │ └─────────paid──────────────│─────────────────────▲ ▲
 *    ├──hold_ended──▶ expired ◀────┤                       │
 *    │                   └─────────│── paid, if the same seats are still free
 *    └──released──▶ cancelled ◀────┘
 *
 * Time moves seats, not orders: a hold whose time has passed is free for others at that moment; `hold_ended` only
 * writes it down for people. A cancelled or refunded order stays so for ever; money that still comes goes back.
 */
export const ORDER_EVENTS = ['payment_started', 'paid', 'hold_ended', 'released', 'refunded'] as const;
export type OrderEvent = (typeof ORDER_EVENTS)[number];

/** Every pair has an answer: the next state, or null for refused. The SQL functions are tested against this table. */
export const ORDER_MOVES: Record<OrderState, Record<OrderEvent, OrderState | null>> = {
  held: {
    payment_started: 'awaiting_payment',
    paid: 'paid',
    hold_ended: 'expired',
    released: 'cancelled',
    refunded: null,
  },
  awaiting_payment: {
    payment_started: 'awaiting_payment',
    paid: 'paid',
    hold_ended: 'expired',
    released: 'cancelled',
    refunded: null,
  },
  paid: { payment_started: null, paid: 'paid', hold_ended: null, released: null, refunded: 'refunded' },
  expired: { payment_started: null, paid: 'paid', hold_ended: null, released: null, refunded: null },
  cancelled: { payment_started: null, paid: null, hold_ended: null, released: null, refunded: null },
  refunded: { payment_started: null, paid: null, hold_ended: null, released: null, refunded: null },
};

/** The states from which `event` leads somewhere. */
export function statesBefore(event: OrderEvent): OrderState[] {
  return ORDER_STATES.filter((state) => ORDER_MOVES[state][event] !== null);
}
