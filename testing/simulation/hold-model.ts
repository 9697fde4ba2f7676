import type { OrderLine } from '#contracts/orders';
import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { chargedCents, countsInQuota, feeCents, type TicketKind } from '#contracts/ticket-kinds';
import type { Command, HoldReply, StoredAnswer, Wish } from './commands.ts';
import type { Without } from './guards.ts';
import { answerOf, HOLD_MS, type Rows, type ScreeningRow, tallyOf, type TicketRow } from './rows.ts';

type Holding = Extract<Command, { kind: 'hold' }>;
type Refusal = Omit<StoredAnswer, 'instance'>;

/**
 * What holds.hold_seats does with a batch. Requests that share no seat and no person with an earlier one claim in their
 * order; the others are judged after all claims, and who is not refused then is told to come again.
 */
export function holdSeats(rows: Rows, command: Holding, now: number, without: Without): HoldReply[] {
  const clock = without.has('hold by the clock of the database') ? command.processNow : now;
  const isProbe = markProbes(command.requests);
  const replies: HoldReply[] = [];
  for (const probes of [false, true]) {
    for (const [index, wish] of command.requests.entries()) {
      if (isProbe[index] !== probes) continue;
      replies[index] = answer(rows, wish, command.orderIds[index]!, { now, clock, isProbe: probes, without });
    }
  }
  return replies;
}

type Deciding = { now: number; clock: number; isProbe: boolean; without: Without };

function answer(rows: Rows, wish: Wish, orderId: string, deciding: Deciding): HoldReply {
  const stored = rows.answers.get(answerOf(wish));
  if (stored && !deciding.without.has('idempotency')) {
    const isSame = stored.fingerprint === wish.fingerprint || deciding.without.has('fingerprint');
    return isSame ? { kind: 'replay', body: stored.body } : { kind: 'mismatch' };
  }
  const refused = refusal(rows, wish, deciding);
  if (!refused && deciding.isProbe) return { kind: 'again' };
  const made: StoredAnswer = { instance: wish.correlationId, ...(refused ?? take(rows, wish, orderId, deciding)) };
  const body = JSON.stringify(made);
  rows.answers.set(answerOf(wish), { fingerprint: wish.fingerprint, body });
  return { kind: 'first', body };
}

/** In the order of HOLD_OUTCOMES; null when the seats are to be had. */
function refusal(rows: Rows, wish: Wish, { now, clock, isProbe, without }: Deciding): Refusal | null {
  const screening = rows.screenings.get(wish.screeningId);
  if (!screening) return { outcome: 'screening_unknown' };
  if (screening.status !== 'on_sale' && !without.has('sale status')) return { outcome: 'screening_closed' };
  const tickets = wish.seats.map((seat) => screening.tickets[seat.seatNo - 1]);
  if (tickets.includes(undefined)) return { outcome: 'seat_unknown' };

  const counted = (rows.tallies.get(tallyOf(wish)) ?? []).filter((element) => element.until > now);
  const already = counted.reduce((sum, element) => sum + element.seats, 0);
  if (already + wish.seats.length > TICKETS_PER_BUYER_MAX && !without.has('limit')) {
    return { outcome: 'limit_reached', already };
  }
  const seatNos = (tickets as TicketRow[])
    .filter((ticket) => !isFree(ticket, clock))
    .map((ticket) => ticket.seatNo)
    .sort((a, b) => a - b);
  const mayTakeSome = without.has('all or nothing') && seatNos.length < wish.seats.length;
  if (seatNos.length > 0 && !mayTakeSome && !without.has('seat owner')) return { outcome: 'seat_taken', seatNos };

  const wanted = wish.seats.filter((seat) => countsInQuota(seat.kind)).length;
  const left = screening.quota - usedQuota(screening, now);
  if (wanted > left && wanted > 0 && !isProbe && !without.has('quota')) {
    return { outcome: 'half_price_exhausted', left: Math.max(left, 0) };
  }
  return null;
}

function take(rows: Rows, wish: Wish, orderId: string, { now, clock, without }: Deciding): Refusal {
  const screening = rows.screenings.get(wish.screeningId)!;
  const heldUntil = now + HOLD_MS;
  const seats = wish.seats
    .filter(({ seatNo }) => !without.has('all or nothing') || isFree(screening.tickets[seatNo - 1]!, clock))
    .sort((a, b) => a.seatNo - b.seatNo);
  const lines = seats.map(({ seatNo, kind }) => {
    Object.assign(screening.tickets[seatNo - 1]!, { state: 'held', kind, orderId, heldUntil });
    return lineOf(screening, seatNo, kind);
  });
  const counted = (rows.tallies.get(tallyOf(wish)) ?? []).filter((element) => element.until > now);
  rows.tallies.set(tallyOf(wish), [...counted, { orderId, seats: lines.length, until: heldUntil }]);
  rows.orders.set(orderId, {
    screeningId: wish.screeningId,
    orderId,
    buyerId: wish.buyerId,
    buyerKey: wish.buyerKey,
    state: 'held',
    lines,
    totalCents: totalOf(lines),
    heldUntil,
    correlationId: wish.correlationId,
  });
  return { outcome: 'held', orderId, heldUntil, lines };
}

export function lineOf(screening: ScreeningRow, seatNo: number, kind: TicketKind): OrderLine {
  const charged = chargedCents(kind, screening.priceCents);
  const fee = feeCents(charged, screening.feeBasisPoints);
  return { seatNo, kind, priceCents: screening.priceCents, chargedCents: charged, feeCents: fee };
}

export const totalOf = (lines: readonly OrderLine[]): number =>
  lines.reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0);

export function isFree(ticket: TicketRow, now: number): boolean {
  return ticket.state === 'available' || (ticket.state === 'held' && ticket.heldUntil! <= now);
}

/** Half-price tickets that are sold or held. */
export function usedQuota(screening: ScreeningRow, now: number): number {
  return screening.tickets.filter(
    (ticket) => ticket.kind && countsInQuota(ticket.kind) && ticket.state !== 'blocked' && !isFree(ticket, now),
  ).length;
}

function markProbes(requests: readonly Wish[]): boolean[] {
  const claimed = new Set<string>();
  return requests.map((wish) => {
    const wants = [tallyOf(wish), ...wish.seats.map((seat) => `${wish.screeningId} ${seat.seatNo}`)];
    const meets = wants.some((want) => claimed.has(want));
    for (const want of wants) claimed.add(want);
    return meets;
  });
}
