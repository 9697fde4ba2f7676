import type { PlannedSeat } from '#contracts/seat-plan';
import { getSeat } from '../contracts.ts';
import { type BuyerTicketKind, chargedCents, countsInQuota, feeCents } from '../contracts.ts';

/** A seat that the person wants, and what kind of ticket it shall be. */
export type ChosenSeat = { readonly seatNo: number; readonly kind: BuyerTicketKind };

export type Refusal = 'taken' | 'limit';

const AVAILABLE = 0;

/** Takes a free seat or gives a chosen one back; otherwise says why nothing changed. */
export function toggleSeat(
  chosen: readonly ChosenSeat[],
  seatNo: number,
  states: Uint8Array,
  seatsMax: number,
): { chosen: readonly ChosenSeat[]; refused: Refusal | null } {
  if (chosen.some((seat) => seat.seatNo === seatNo)) {
    return { chosen: chosen.filter((seat) => seat.seatNo !== seatNo), refused: null };
  }
  if (getSeat(states, seatNo) !== AVAILABLE) return { chosen, refused: 'taken' };
  if (chosen.length >= seatsMax) return { chosen, refused: 'limit' };
  return { chosen: [...chosen, { seatNo, kind: 'full' }], refused: null };
}

export function withKind(chosen: readonly ChosenSeat[], seatNo: number, kind: BuyerTicketKind): readonly ChosenSeat[] {
  return chosen.map((seat) => (seat.seatNo === seatNo ? { seatNo, kind } : seat));
}

/** Splits what was chosen by whether it is still free. */
export function partLost(chosen: readonly ChosenSeat[], states: Uint8Array) {
  const kept = chosen.filter((seat) => getSeat(states, seat.seatNo) === AVAILABLE);
  const lost = chosen.filter((seat) => getSeat(states, seat.seatNo) !== AVAILABLE);
  return { kept, lost };
}

// A row further away feels farther than a seat to the side: tuned by looking at rooms, not measured.
const ROW_WEIGHT = 1.7;
const AWAY_FROM_FRIENDS_WEIGHT = 0.6;

/**
 * The free seat of the same kind nearest to a lost one, preferring to stay beside the others chosen; null when none is
 * left.
 */
export function nearestEqual(
  seats: readonly PlannedSeat[],
  lostNo: number,
  states: Uint8Array,
  chosen: readonly ChosenSeat[],
): number | null {
  const byNo = new Map(seats.map((seat) => [seat.no, seat]));
  const lost = byNo.get(lostNo);
  if (!lost) return null;
  const taken = new Set(chosen.map((seat) => seat.seatNo));
  const friends = chosen.flatMap((seat) => byNo.get(seat.seatNo) ?? []);
  let best: { no: number; cost: number } | null = null;
  for (const seat of seats) {
    if (seat.kind !== lost.kind || taken.has(seat.no) || getSeat(states, seat.no) !== AVAILABLE) continue;
    const away = friends.length === 0 ? 0 : Math.min(...friends.map((friend) => distance(seat, friend)));
    const cost = distance(seat, lost) + away * AWAY_FROM_FRIENDS_WEIGHT;
    if (!best || cost < best.cost) best = { no: seat.no, cost };
  }
  return best?.no ?? null;
}

function distance(a: PlannedSeat, b: PlannedSeat): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y) * ROW_WEIGHT;
}

export type Prices = { priceCents: number; exceptions: ReadonlyMap<number, number>; feeBasisPoints: number };

export function priceOf(prices: Prices, seatNo: number): number {
  return prices.exceptions.get(seatNo) ?? prices.priceCents;
}

/** What all of it costs, in cents; the server computes the same and its answer is the one that counts. */
export function totals(chosen: readonly ChosenSeat[], prices: Prices) {
  let ticketsCents = 0;
  let fee = 0;
  for (const seat of chosen) {
    const charged = chargedCents(seat.kind, priceOf(prices, seat.seatNo));
    ticketsCents += charged;
    fee += feeCents(charged, prices.feeBasisPoints);
  }
  return { ticketsCents, feeCents: fee, totalCents: ticketsCents + fee };
}

/** Half-price tickets still to be had inside the legal quota, after what is chosen here. Seniors are never counted. */
export function halfPriceLeft(quota: { quota: number; used: number }, chosen: readonly ChosenSeat[]): number {
  return Math.max(0, quota.quota - quota.used - chosen.filter((seat) => countsInQuota(seat.kind)).length);
}
