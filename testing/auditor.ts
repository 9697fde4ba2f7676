import type { Database } from '#platform/postgres';
import { answerFindings, countFindings, limitFindings } from './audit-counts.ts';
import { moneyFindings } from './audit-money.ts';
import { type AuditedOrder, readBooks } from './audit-books.ts';
import { index, isOpen, seatKey, seatName, type View } from './audit-view.ts';

// Compares what buyers were told, and what a payment provider has in its own books, with the rows. It knows nothing of
// how seats are held or money moves: neither a function nor a view of the product runs here.

export type FindingKind =
  | 'lost' // Acknowledged, and not there.
  | 'double_sold' // One seat, two owners.
  | 'over_limit' // More than ten for one CPF, or more half price than the quota.
  | 'money_mismatch' // Money without seats, seats without money, or books that differ.
  | 'count_wrong' // What the limit and the quota are counted from is not as it is.
  | 'answer_changed'; // One key, two answers.

export type Finding = { kind: FindingKind; text: string };

/** What one buyer was told of one order: their evidence. */
export type Receipt = {
  screeningId: number;
  /** A name for people who read the findings. */
  buyer: string;
  orderId: string;
  seatNos: readonly number[];
  /** The last that they were told. */
  told: 'held' | 'paid' | 'cancelled' | 'refunded';
  /** What was asked for, answered or not: no order ends in a way that nobody asked for. */
  asked?: readonly ('cancel' | 'refund')[];
  totalCents?: number;
  /** The end of the hold, as first told. */
  heldUntil?: string;
  /** The account and key of the hold. */
  buyerId?: string;
  key?: string;
};

/** The provider's own books, by our order: GET /sandbox/ledger. */
export type Ledger = Record<string, { capturedCents: number; refundedCents: number }>;

export type Evidence = {
  /** Null: all screenings. */
  screeningIds: readonly number[] | null;
  receipts: readonly Receipt[];
  ledger?: Ledger;
  /** Whether every buyer got an answer, so that a live order without a receipt is a fault. */
  everybodyWasAnswered?: boolean;
};

/** Empty when every receipt is true and no rule is broken. Call when payments have settled (`unsettled`). */
export async function audit(db: Database, evidence: Evidence): Promise<Finding[]> {
  const books = await readBooks(db, evidence.screeningIds);
  const view = index(books);
  return [
    ...evidence.receipts.flatMap((receipt) => receiptFindings(view, receipt)),
    ...promiseFindings(view, evidence.receipts),
    ...seatFindings(view),
    ...issuedFindings(view),
    ...limitFindings(view, evidence.receipts),
    ...countFindings(view),
    ...answerFindings(view, evidence),
    ...moneyFindings(books, evidence.ledger ?? null),
  ];
}

export function countByKind(findings: readonly Finding[]): Record<FindingKind, number> {
  const counts = { lost: 0, double_sold: 0, over_limit: 0, money_mismatch: 0, count_wrong: 0, answer_changed: 0 };
  for (const { kind } of findings) counts[kind] += 1;
  return counts;
}

const LAWFUL: Record<Receipt['told'], readonly AuditedOrder['state'][]> = {
  held: ['held', 'awaiting_payment', 'paid', 'expired'],
  paid: ['paid'],
  cancelled: ['cancelled'],
  refunded: ['refunded'],
};

function receiptFindings({ orderById }: View, receipt: Receipt): Finding[] {
  const { buyer, orderId, told } = receipt;
  const order = orderById.get(orderId);
  if (!order) return [{ kind: 'lost', text: `${buyer} was told of order ${orderId}, and there is none` }];
  const found: Finding[] = [];
  const asked = receipt.asked ?? [];
  const lawful: AuditedOrder['state'][] = [...LAWFUL[told]];
  if (told === 'held' && asked.includes('cancel')) lawful.push('cancelled');
  if ((told === 'held' || told === 'paid') && asked.includes('refund')) lawful.push('refunded');
  if (!lawful.includes(order.state)) {
    found.push({ kind: 'lost', text: `${buyer} was told '${told}' of order ${orderId}, which is ${order.state}` });
  }
  if (order.endedEarly) found.push({ kind: 'lost', text: `order ${orderId} of ${buyer} expired before its time` });
  if (order.seatsUntil < order.heldUntil) {
    found.push({ kind: 'lost', text: `the seats of order ${orderId} of ${buyer} are kept shorter than was said` });
  }
  if (receipt.heldUntil !== undefined && Date.parse(receipt.heldUntil) !== order.heldUntil.getTime()) {
    found.push({ kind: 'answer_changed', text: `order ${orderId} of ${buyer} ends at another time than was said` });
  }
  const seats = sorted(order.lines.map((line) => line.seatNo));
  if (seats !== sorted(receipt.seatNos)) {
    found.push({ kind: 'lost', text: `order ${orderId} of ${buyer} has seats ${seats}, not as promised` });
  }
  if (receipt.totalCents !== undefined && receipt.totalCents !== order.totalCents) {
    found.push({ kind: 'money_mismatch', text: `order ${orderId} of ${buyer} costs other than was said` });
  }
  return found;
}

const sorted = (seatNos: readonly number[]) => seatNos.toSorted((a, b) => a - b).join(',');

/** From the receipts alone, whatever the orders say: a seat is promised to one live order, which owns it. */
function promiseFindings(view: View, receipts: readonly Receipt[]): Finding[] {
  const live = new Set(view.live.map((order) => order.orderId));
  const promised = new Map<string, number>();
  const found: Finding[] = [];
  for (const { screeningId, orderId, seatNos } of receipts) {
    if (!live.has(orderId)) continue;
    for (const seatNo of seatNos) {
      const at = seatKey(screeningId, seatNo);
      promised.set(at, (promised.get(at) ?? 0) + 1);
      const owner = view.ticketAt.get(at)?.orderId ?? null;
      if (owner === orderId) continue;
      const text = `${seatName({ screeningId, seatNo })} was promised to an order that does not own it`;
      found.push({ kind: owner === null ? 'lost' : 'double_sold', text });
    }
  }
  for (const [at, times] of promised) {
    if (times > 1) found.push({ kind: 'double_sold', text: `seat ${at} was promised ${times} times` });
  }
  return found;
}

/** Tickets and the lines of live orders say the same of every seat. */
function seatFindings(view: View): Finding[] {
  const found: Finding[] = [];
  for (const ticket of view.tickets) {
    if (ticket.orderId === null || ticket.timeIsOver) continue;
    const order = view.orderById.get(ticket.orderId);
    const lists = order?.lines.some((line) => line.seatNo === ticket.seatNo) ?? false;
    const fits = order && (ticket.state === 'sold' ? order.state === 'paid' : isOpen(order));
    if (!lists || !fits) {
      const text = `${seatName(ticket)} is ${ticket.state} for an order that is ${order?.state ?? 'unknown'}`;
      found.push({ kind: 'double_sold', text: lists ? text : `${text} and does not list it` });
    }
  }
  const owners = new Map<string, string>();
  for (const order of view.live) {
    for (const { seatNo } of order.lines) {
      const at = seatKey(order.screeningId, seatNo);
      const name = seatName({ screeningId: order.screeningId, seatNo });
      if (owners.has(at)) found.push({ kind: 'double_sold', text: `${name} stands in two live orders` });
      owners.set(at, order.orderId);
      const ticket = view.ticketAt.get(at);
      const state = order.state === 'paid' ? 'sold' : 'held';
      if (ticket?.orderId !== order.orderId || ticket.state !== state) {
        found.push({ kind: 'lost', text: `${name} is not ${state} for its live order ${order.orderId}` });
      }
    }
  }
  return found;
}

/** Paid orders have their tickets, and nobody else has one. */
function issuedFindings(view: View): Finding[] {
  const found: Finding[] = [];
  const issuedAt = new Map<string, string>();
  for (const ticket of view.issued) {
    const at = seatKey(ticket.screeningId, ticket.seatNo);
    if (issuedAt.has(at)) found.push({ kind: 'double_sold', text: `${seatName(ticket)} has two valid issued tickets` });
    issuedAt.set(at, ticket.orderId);
    const order = view.orderById.get(ticket.orderId);
    if (order?.state !== 'paid' || !order.lines.some((line) => line.seatNo === ticket.seatNo)) {
      const text = `a valid ticket was issued for ${seatName(ticket)}, which its order has not bought`;
      found.push({ kind: 'double_sold', text });
    }
  }
  for (const order of view.orders.filter(({ state }) => state === 'paid')) {
    for (const { seatNo } of order.lines) {
      if (issuedAt.get(seatKey(order.screeningId, seatNo)) === order.orderId) continue;
      const name = seatName({ screeningId: order.screeningId, seatNo });
      found.push({ kind: 'lost', text: `${name} is paid in order ${order.orderId}, and no ticket was issued` });
    }
  }
  return found;
}
