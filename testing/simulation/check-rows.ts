import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { chargedCents, countsInQuota, feeCents } from '#contracts/ticket-kinds';
import { GRACE_MS, linesOf, type OrderRow, personOf, type Rows } from './rows.ts';

/**
 * Looks at the rows after every commit and says what no house may look like, in words; null when all is well. It shares
 * nothing with the model but the tables, and remembers only what the orders were before.
 */
export type RowsChecker = { check(now: number): string | null };

/** What an order was after the commit before; `halves` are its seats in the quota. */
type Before = { state: OrderRow['state']; keptUntil: number; heldUntil: number; halves: number };

const isTerminal = (order: OrderRow) => order.state === 'cancelled' || order.state === 'refunded';

/** Until when an order's seats are kept, by what its buyer was told; never for those that are over. */
export function keptUntil(order: OrderRow): number {
  switch (order.state) {
    case 'held':
      return order.heldUntil;
    case 'awaiting_payment':
      return order.heldUntil + GRACE_MS;
    case 'paid':
      return Infinity;
    default:
      return -Infinity;
  }
}

export function createRowsChecker(rows: Rows): RowsChecker {
  const before = new Map<string, Before>();

  return {
    check: (now) => {
      const owners = ownersOf(rows);
      const persons = new Map<string, Map<string, number>>();
      const moreHalves = new Set<number>();
      let soldCents = 0;
      for (const order of rows.orders.values()) {
        const isAlive = keptUntil(order) > now;
        const wrong =
          wrongMove(order, before.get(order.orderId), now) ??
          wrongSeats(rows, order, owners, isAlive) ??
          wrongSums(order);
        if (wrong) return wrong;
        if (order.state === 'paid') soldCents += order.totalCents;
        if (isAlive) {
          const live = persons.get(personOf(order)) ?? new Map<string, number>();
          persons.set(personOf(order), live.set(order.orderId, order.seatNos.length));
        }
        const halves = order.kinds.filter(countsInQuota).length;
        const was = before.get(order.orderId);
        const isOnSale = rows.screenings.get(order.screeningId)!.status === 'on_sale';
        if (!was && !isOnSale) return `${order.orderId} was held in a pause`;
        if (halves > (was?.halves ?? 0)) moreHalves.add(order.screeningId);
        before.set(order.orderId, {
          state: order.state,
          keptUntil: keptUntil(order),
          heldUntil: order.heldUntil,
          halves,
        });
      }
      const stranger = [...owners.keys()].find((orderId) => !rows.orders.has(orderId));
      if (stranger) return `${stranger} owns seats and does not exist`;
      return wrongPersons(persons) ?? wrongQuota(rows, moreHalves, now) ?? wrongMoney(rows, soldCents);
    },
  };
}

/** The seats that each order owns, by the tickets' own words. */
function ownersOf(rows: Rows): Map<string, number> {
  const owners = new Map<string, number>();
  for (const { tickets } of rows.screenings.values()) {
    for (const { orderId } of tickets) if (orderId !== null) owners.set(orderId, (owners.get(orderId) ?? 0) + 1);
  }
  return owners;
}

function wrongMove(order: OrderRow, was: Before | undefined, now: number): string | null {
  if (was && was.heldUntil !== order.heldUntil) return `${order.orderId} is held till another time than was told`;
  if (!was || was.state === order.state) return null;
  const move = `${order.orderId} went from ${was.state} to ${order.state}`;
  if (was.state === 'cancelled' || was.state === 'refunded') return move;
  if (was.state === 'paid' && order.state !== 'refunded') return move;
  if (order.state === 'expired' && was.keptUntil > now) return `${move} before its time`;
  return null;
}

function wrongSeats(rows: Rows, order: OrderRow, owners: Map<string, number>, isAlive: boolean): string | null {
  if (!isAlive) {
    const keepsSeats = (isTerminal(order) || order.state === 'expired') && owners.has(order.orderId);
    return keepsSeats ? `${order.orderId} is ${order.state} and owns seats` : null;
  }
  if (order.state !== 'paid' && order.seatsUntil !== keptUntil(order))
    return `${order.orderId} counts till ${order.seatsUntil}`;
  const { tickets } = rows.screenings.get(order.screeningId)!;
  const wanted = order.state === 'paid' ? 'sold' : 'held';
  for (const { seatNo, kind } of linesOf(order)) {
    const ticket = tickets[seatNo - 1]!;
    if (ticket.orderId !== order.orderId) return `seat ${seatNo} of ${order.orderId} belongs to ${ticket.orderId}`;
    if (ticket.state !== wanted || ticket.kind !== kind) return `seat ${seatNo} of ${order.orderId} is ${ticket.state}`;
    if (ticket.heldUntil !== (wanted === 'sold' ? null : keptUntil(order)))
      return `seat ${seatNo} is kept till another time`;
  }
  return owners.get(order.orderId) === order.seatNos.length
    ? null
    : `${order.orderId} owns more seats than it has lines`;
}

function wrongSums(order: OrderRow): string | null {
  const lines = linesOf(order);
  const isRight = lines.every(
    (line) =>
      line.chargedCents === chargedCents(line.kind, line.priceCents) &&
      line.feeCents === feeCents(line.chargedCents, 1000),
  );
  const total = lines.reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0);
  return isRight && total === order.totalCents ? null : `${order.orderId} costs ${order.totalCents}`;
}

function wrongPersons(persons: Map<string, Map<string, number>>): string | null {
  for (const [person, live] of persons) {
    const seats = [...live.values()].reduce((sum, count) => sum + count, 0);
    if (seats > TICKETS_PER_BUYER_MAX) return `${person} has ${seats} tickets`;
  }
  return null;
}

/**
 * Never more is used than is promised. The quota itself is asked when a buyer has chosen half price: late money may
 * pass it (capabilities/orders/README.md).
 */
function wrongQuota(rows: Rows, chosen: Set<number>, now: number): string | null {
  for (const { screeningId, quota } of rows.screenings.values()) {
    let used = 0;
    for (const order of rows.orders.values()) {
      if (order.screeningId === screeningId && keptUntil(order) > now) used += order.kinds.filter(countsInQuota).length;
    }
    if (used > quota && chosen.has(screeningId))
      return `screening ${screeningId} has ${used} half-price tickets of ${quota}`;
    const promised = rows.quotas.get(screeningId) ?? 0;
    if (used > promised) return `screening ${screeningId} promised ${promised} half-price tickets and has ${used}`;
  }
  return null;
}

function wrongMoney(rows: Rows, soldCents: number): string | null {
  let keptCents = 0;
  for (const attempt of rows.attempts.values()) keptCents += attempt.capturedCents - attempt.refundedCents;
  return keptCents === soldCents ? null : `${keptCents} cents were kept and ${soldCents} were sold`;
}
