import type { Command, Reply } from './commands.ts';
import type { Without } from './guards.ts';
import { holdSeats } from './hold-model.ts';
import { GRACE_MS, type OrderRow, type Rows } from './rows.ts';
import { countedFor, halfPriceLeft, inQuota, isFree, passesLimit, totalOf } from './seat-rules.ts';

/**
 * The database as a state machine: what one command does to the rows and answers, at one moment of its own clock. It
 * depends on its arguments alone, and changes nothing but `rows`. The rules are those of the SQL beside
 * capabilities/holds and capabilities/orders, written a second time; replay.ts compares the two.
 */
export function decide(rows: Rows, command: Command, now: number, without: Without): Reply {
  switch (command.kind) {
    case 'hold':
      return { kind: 'hold', replies: holdSeats(rows, command, now, without) };
    case 'kinds':
      return changeKinds(rows, command, now, without);
    case 'await':
      return awaitPayment(rows, command.orderId, now, without);
    case 'capture':
      return capture(rows, command, now, without);
    case 'release':
      return endOne(rows, command.orderId, 'cancelled', without);
    case 'refund':
      return refund(rows, command.orderId, without);
    case 'expire':
      return expire(rows, without.has('expire by the clock of the database') ? command.processNow : now, without);
    case 'block':
      return blockSeats(rows, command, now, without);
    case 'sale':
      rows.screenings.get(command.screeningId)!.status = command.status;
      return outcome('set');
  }
}

const outcome = (word: string): Reply => ({ kind: 'outcome', outcome: word });

const ticketsOf = (rows: Rows, order: OrderRow) => {
  const { tickets } = rows.screenings.get(order.screeningId)!;
  return order.seatNos.map((seatNo) => tickets[seatNo - 1]!);
};
const isAlive = (order: OrderRow) => order.state === 'held' || order.state === 'awaiting_payment';

function changeKinds(rows: Rows, command: Extract<Command, { kind: 'kinds' }>, now: number, without: Without): Reply {
  const order = rows.orders.get(command.orderId);
  if (!order) return outcome('order_unknown');
  const screening = rows.screenings.get(order.screeningId)!;
  if (order.state !== 'held' && !without.has('kinds state')) return outcome('order_not_changeable');
  if (order.heldUntil <= now) return outcome('order_expired');
  const seats = command.seats.toSorted((a, b) => a.seatNo - b.seatNo);
  const areSame = seats.length === order.seatNos.length && seats.every((seat, at) => seat.seatNo === order.seatNos[at]);
  if (!areSame) return outcome('seats_differ');
  const kinds = seats.map((seat) => seat.kind);
  const wanted = inQuota(kinds);
  const left = halfPriceLeft(screening, now) + inQuota(order.kinds);
  if (wanted > 0 && wanted > left && !without.has('kinds quota')) return outcome('half_price_exhausted');
  if (wanted > 0 && !without.has('kinds promise')) {
    rows.quotas.set(order.screeningId, screening.quota - left + wanted);
  }
  for (const { seatNo, kind } of seats) screening.tickets[seatNo - 1]!.kind = kind;
  order.firstKinds ??= order.kinds;
  order.kinds = kinds;
  order.totalCents = totalOf(order);
  return outcome('changed');
}

function awaitPayment(rows: Rows, orderId: string, now: number, without: Without): Reply {
  const order = rows.orders.get(orderId);
  if (!order) return outcome('order_unknown');
  if (order.state === 'expired') return outcome('order_expired');
  if (!isAlive(order)) return outcome('order_not_payable');
  if (order.heldUntil <= now) return outcome('order_expired');
  if (order.state === 'held') {
    order.state = 'awaiting_payment';
    const until = order.heldUntil + GRACE_MS;
    for (const ticket of ticketsOf(rows, order)) if (ticket.orderId === orderId) ticket.heldUntil = until;
    if (!without.has('grace counts')) order.seatsUntil = until;
  }
  return { kind: 'outcome', outcome: 'awaiting', totalCents: order.totalCents };
}

/** Payments record the money first; then the order takes it, or it goes back. */
function capture(rows: Rows, command: Extract<Command, { kind: 'capture' }>, now: number, without: Without): Reply {
  const { orderId, attemptId, paidCents } = command;
  if (rows.attempts.has(attemptId) && !without.has('money once')) return outcome('captured_before');
  const confirmed = confirmPaid(rows, orderId, paidCents, now, without);
  const refundedCents = confirmed === 'paid' || without.has('money back') ? 0 : paidCents;
  rows.attempts.set(attemptId, { attemptId, orderId, capturedCents: paidCents, refundedCents });
  return outcome(confirmed);
}

function confirmPaid(rows: Rows, orderId: string, paidCents: number, now: number, without: Without): string {
  const order = rows.orders.get(orderId);
  if (!order) return 'order_unknown';
  if (order.state === 'paid') return 'already_paid';
  const isOver = order.state === 'cancelled' || order.state === 'refunded';
  if (isOver && !without.has('order state')) return 'seats_gone';
  if (paidCents !== order.totalCents && !without.has('amount')) return 'amount_mismatch';
  const tickets = ticketsOf(rows, order);
  const areOurs = tickets.every(
    (ticket) => isFree(ticket, now) || (ticket.state === 'held' && ticket.orderId === orderId),
  );
  if (!areOurs && !without.has('late owner')) return 'seats_gone';

  const isKept = isAlive(order) && order.seatsUntil > now;
  const others = isKept ? 0 : countedFor(rows, order, now, without, orderId);
  if (passesLimit(others, order.seatNos.length) && !without.has('late limit')) return 'seats_gone';
  const half = inQuota(order.kinds);
  if (!isKept && half > 0 && !without.has('late promise')) {
    rows.quotas.set(order.screeningId, (rows.quotas.get(order.screeningId) ?? 0) + half);
  }
  order.state = 'paid';
  for (const [at, ticket] of tickets.entries()) {
    Object.assign(ticket, { state: 'sold', kind: order.kinds[at]!, orderId, heldUntil: null });
  }
  return 'paid';
}

function refund(rows: Rows, orderId: string, without: Without): Reply {
  const reply = endOne(rows, orderId, 'refunded', without);
  if (reply.kind === 'outcome' && reply.outcome === 'ended') {
    for (const attempt of rows.attempts.values()) {
      if (attempt.orderId === orderId) attempt.refundedCents = attempt.capturedCents;
    }
  }
  return reply;
}

type Ended = 'cancelled' | 'refunded' | 'expired';

function endOne(rows: Rows, orderId: string, to: Ended, without: Without): Reply {
  const order = rows.orders.get(orderId);
  if (!order) return outcome('order_unknown');
  const isAllowed = to === 'refunded' ? order.state === 'paid' : isAlive(order) || without.has('end state');
  if (!isAllowed) return outcome('refused');
  end(rows, order, to, without);
  return outcome('ended');
}

function end(rows: Rows, order: OrderRow, to: Ended, without: Without): void {
  order.state = to;
  for (const ticket of ticketsOf(rows, order)) {
    if (ticket.orderId !== order.orderId && !without.has('own seats')) continue;
    Object.assign(ticket, { state: 'available', kind: null, orderId: null, heldUntil: null });
  }
}

/** Writes down which holds have ended by `clock`, which is `now` unless its guard is gone. */
function expire(rows: Rows, clock: number, without: Without): Reply {
  const due = [...rows.orders.values()].filter(
    (order) =>
      isAlive(order) &&
      order.heldUntil <= clock - (order.state === 'held' ? 0 : GRACE_MS) &&
      !ticketsOf(rows, order).some((ticket) => ticket.orderId === order.orderId && ticket.heldUntil! > clock),
  );
  for (const order of due) end(rows, order, 'expired', without);
  return { kind: 'outcome', outcome: 'expired', count: due.length };
}

function blockSeats(rows: Rows, command: Extract<Command, { kind: 'block' }>, now: number, without: Without): Reply {
  const { tickets } = rows.screenings.get(command.screeningId)!;
  const wanted = command.seatNos.map((seatNo) => tickets[seatNo - 1]);
  if (wanted.includes(undefined)) return outcome('seat_unknown');
  const taken = wanted.filter((ticket) => ticket!.state !== 'blocked' && !isFree(ticket!, now));
  if (taken.length > 0 && !without.has('blocked owner')) {
    return {
      kind: 'outcome',
      outcome: 'seat_taken',
      seatNos: taken.map((ticket) => ticket!.seatNo).sort((a, b) => a - b),
    };
  }
  const state = command.blocked ? 'blocked' : 'available';
  for (const ticket of wanted) Object.assign(ticket!, { state, kind: null, orderId: null, heldUntil: null });
  return outcome('done');
}
