import type { HoldReply, StoredAnswer, Wish } from './commands.ts';
import type { Without } from './guards.ts';
import { answerOf, HOLD_MS, orderIdOf, ordersOf, type Rows, serialOf, type TicketRow } from './rows.ts';
import { countedFor, halfOf, halfPriceLeft, heldAnswer, isFree, makeOrder, passesLimit } from './seat-rules.ts';

type Deciding = { now: number; clock: number; isLocked: boolean; without: Without };
type Refusal = Omit<StoredAnswer, 'instance'>;

/** What holds.hold_carefully does with one request: the rules in their precedence. */
export function holdCarefully(rows: Rows, wish: Wish, deciding: Deciding): HoldReply {
  const { without, isLocked } = deciding;
  const known = answeredBefore(rows, wish, without);
  if (known && !without.has('idempotency')) {
    const isSame = known.fingerprint === wish.fingerprint || without.has('fingerprint');
    return isSame ? { kind: 'replay', body: known.body } : { kind: 'mismatch' };
  }
  // Orders of the person, and later seats and quota, may be locked; where there is none, nothing can be.
  if (isLocked && ordersOf(rows, wish).length > 0) return { kind: 'again' };
  const refused = refusal(rows, wish, deciding);
  if (isLocked && !refused) return { kind: 'again' };
  const exhausted = refused ?? exhaustedHalf(rows, wish, deciding);
  if (!exhausted) return { kind: 'first', body: take(rows, wish, deciding) };
  const made: StoredAnswer = { instance: wish.correlationId, ...exhausted };
  const body = JSON.stringify(made);
  rows.refusals.set(answerOf(wish), { fingerprint: wish.fingerprint, body });
  return { kind: 'first', body };
}

function answeredBefore(rows: Rows, wish: Wish, without: Without): { fingerprint: string; body: string } | null {
  const refused = rows.refusals.get(answerOf(wish));
  if (refused) return refused;
  const order = ordersOf(rows, wish).find((own) => own.key === wish.key);
  return order ? { fingerprint: order.fingerprint, body: heldAnswer(order, without) } : null;
}

/** In the order of HOLD_OUTCOMES, but for the half price, which is asked under locks; null when there is no reason. */
function refusal(rows: Rows, wish: Wish, { now, clock, without }: Deciding): Refusal | null {
  const screening = rows.screenings.get(wish.screeningId);
  if (!screening) return { outcome: 'screening_unknown' };
  if (screening.status !== 'on_sale' && !without.has('sale status')) return { outcome: 'screening_closed' };
  const tickets = wish.seats.map((seat) => screening.tickets[seat.seatNo - 1]);
  if (tickets.includes(undefined)) return { outcome: 'seat_unknown' };
  const already = countedFor(rows, wish, now, without);
  if (passesLimit(already, wish.seats.length) && !without.has('limit')) return { outcome: 'limit_reached', already };
  const seatNos = (tickets as TicketRow[])
    .filter((ticket) => !isFree(ticket, clock))
    .map((ticket) => ticket.seatNo)
    .sort((a, b) => a - b);
  const mayTakeSome = without.has('all or nothing') && seatNos.length < wish.seats.length;
  if (seatNos.length > 0 && !mayTakeSome && !without.has('seat owner')) return { outcome: 'seat_taken', seatNos };
  return null;
}

/** Counted exactly; what is not refused is promised. */
function exhaustedHalf(rows: Rows, wish: Wish, { now, without }: Deciding): Refusal | null {
  const half = halfOf(wish);
  if (half === 0) return null;
  const screening = rows.screenings.get(wish.screeningId)!;
  const left = halfPriceLeft(screening, now);
  if (half > left && !without.has('quota')) return { outcome: 'half_price_exhausted', left: Math.max(left, 0) };
  if (!without.has('quota promise')) rows.quotas.set(wish.screeningId, screening.quota - left + half);
  return null;
}

function take(rows: Rows, wish: Wish, { now, clock, without }: Deciding): string {
  const { tickets } = rows.screenings.get(wish.screeningId)!;
  const last = ordersOf(rows, wish).reduce((most, order) => Math.max(most, serialOf(order.orderId) || 1), 0);
  const orderId = orderIdOf(wish, last + 1);
  const seats = wish.seats
    .filter(({ seatNo }) => !without.has('all or nothing') || isFree(tickets[seatNo - 1]!, clock))
    .toSorted((a, b) => a.seatNo - b.seatNo);
  for (const { seatNo, kind } of seats) {
    Object.assign(tickets[seatNo - 1]!, { state: 'held', kind, orderId, heldUntil: now + HOLD_MS });
  }
  return heldAnswer(makeOrder(rows, wish, orderId, seats, now), without);
}
