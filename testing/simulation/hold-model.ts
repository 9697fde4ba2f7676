import type { Command, HoldReply, Wish } from './commands.ts';
import type { Without } from './guards.ts';
import { holdCarefully } from './hold-carefully-model.ts';
import { answerOf, HOLD_MS, ordersOf, orderIdOf, personOf, type Rows } from './rows.ts';
import { halfOf, heldAnswer, isFree, makeOrder } from './seat-rules.ts';

type Holding = Extract<Command, { kind: 'hold' }>;
type Deciding = { now: number; clock: number; without: Without };

/**
 * What holds.hold_seats does with a batch: plain requests claim what is free, all at once; whatever is left is looked
 * at carefully, one by one, in the order of its coming. Only the first look may be older than `now`.
 */
export function holdSeats(rows: Rows, command: Holding, now: number, without: Without): HoldReply[] {
  const deciding = { now, clock: without.has('hold by the clock of the database') ? command.processNow : now, without };
  const plan = planOf(rows, command, deciding);
  const meetsOther = (wish: Wish, at: number) =>
    !plan.odd[at] && rows.orders.has(orderIdOf(wish, 1)) && areFree(rows, wish, deciding);
  if (command.requests.some(meetsOther) && !without.has('serial number')) {
    // The later of two first orders fails whole, and runs again with a look of now.
    const { bought: _, ...again } = command;
    return holdSeats(rows, again, now, without);
  }
  for (const [screeningId, promised] of plan.promised) rows.quotas.set(screeningId, promised);
  const replies: HoldReply[] = [];
  for (const [at, wish] of command.requests.entries()) {
    const order = plan.odd[at] ? null : claim(rows, wish, deciding);
    if (order) replies[at] = { kind: 'first', body: heldAnswer(order, without) };
  }
  for (const [at, wish] of command.requests.entries()) {
    const isLocked = at >= (command.lockedFrom ?? Infinity);
    replies[at] ??= holdCarefully(rows, wish, { ...deciding, isLocked });
  }
  return replies;
}

/** Which requests need a careful look before any seat is claimed, and what the others promise of the half price. */
function planOf(rows: Rows, { requests, bought }: Holding, { without }: Deciding) {
  const meets = meetEarlier(requests);
  const careful = requests.map((wish, at) => meets[at]! || !rows.screenings.has(wish.screeningId));
  const halves = new Map<number, number>();
  for (const [at, wish] of requests.entries()) {
    if (!careful[at]) halves.set(wish.screeningId, (halves.get(wish.screeningId) ?? 0) + halfOf(wish));
  }
  const promised = new Map<number, number>();
  const full = new Set<number>();
  for (const [screeningId, half] of halves) {
    if (half === 0 || without.has('quota promise')) continue;
    const before = rows.quotas.get(screeningId);
    const isFull = before === undefined || before + half > rows.screenings.get(screeningId)!.quota;
    if (isFull && !without.has('quota recount')) full.add(screeningId);
    else promised.set(screeningId, (before ?? 0) + half);
  }
  const odd = requests.map((wish, at) => {
    const hasBought = bought ? bought.has(personOf(wish)) : ordersOf(rows, wish).length > 0;
    const isClosed = rows.screenings.get(wish.screeningId)?.status !== 'on_sale' && !without.has('sale status');
    const isAnswered = rows.refusals.has(answerOf(wish)) && !without.has('idempotency');
    return careful[at]! || hasBought || isAnswered || isClosed || (full.has(wish.screeningId) && halfOf(wish) > 0);
  });
  return { odd, promised };
}

const areFree = (rows: Rows, wish: Wish, { clock }: Deciding) =>
  wish.seats.every(({ seatNo }) => {
    const ticket = rows.screenings.get(wish.screeningId)!.tickets[seatNo - 1];
    return ticket !== undefined && isFree(ticket, clock);
  });

/** All the seats as a person's first order of the screening, or null with nothing changed. */
function claim(rows: Rows, wish: Wish, { now, clock, without }: Deciding) {
  const { tickets } = rows.screenings.get(wish.screeningId)!;
  const seats = wish.seats.toSorted((a, b) => a.seatNo - b.seatNo);
  const free = seats.filter(({ seatNo }) => {
    const ticket = tickets[seatNo - 1];
    return ticket && (isFree(ticket, clock) || without.has('seat owner'));
  });
  const first = orderIdOf(wish, 1);
  // Without the key of the serial number, one who came at the same time is not met.
  const orderId = rows.orders.has(first) ? `${first}, again` : first;
  for (const { seatNo, kind } of free) {
    Object.assign(tickets[seatNo - 1]!, { state: 'held', kind, orderId, heldUntil: now + HOLD_MS });
  }
  if (free.length === seats.length) return makeOrder(rows, wish, orderId, seats, now);
  if (free.length === 0 || without.has('give back')) return null;
  for (const { seatNo } of seats) {
    const ticket = tickets[seatNo - 1];
    const isOurs = ticket?.orderId === orderId || (without.has('own claims') && ticket?.orderId === first);
    if (isOurs) Object.assign(ticket!, { state: 'available', kind: null, orderId: null, heldUntil: null });
  }
  return null;
}

function meetEarlier(requests: readonly Wish[]): boolean[] {
  const claimed = new Set<string>();
  return requests.map((wish) => {
    const wants = [personOf(wish), ...wish.seats.map((seat) => `${wish.screeningId} ${seat.seatNo}`)];
    const meets = wants.some((want) => claimed.has(want));
    for (const want of wants) claimed.add(want);
    return meets;
  });
}
