import { createHash } from 'node:crypto';
import { countsInQuota } from '#contracts/ticket-kinds';
import type { AuditedOrder } from './audit-books.ts';
import { seatKey, seatName, type View } from './audit-view.ts';
import type { Evidence, Finding, Receipt } from './auditor.ts';

// The limit of ten, the half-price quota, and the keys: the rules themselves, and what the product counts them from.

const TICKETS_PER_BUYER_MAX = 10;

/** Ten of a screening for one CPF, and the quota; counted from rows alone. */
export function limitFindings(view: View, receipts: readonly Receipt[]): Finding[] {
  const found: Finding[] = [];
  const nameOf = new Map(receipts.map((receipt) => [receipt.orderId, receipt.buyer]));
  for (const orders of byBuyer(view.live).values()) {
    const seats = orders.reduce((sum, order) => sum + order.lines.length, 0);
    if (seats <= TICKETS_PER_BUYER_MAX) continue;
    const names = orders.map(({ orderId }) => nameOf.get(orderId));
    const buyer = names.find((name) => name !== undefined) ?? `buyer ${orders[0]!.buyerKey}`;
    found.push({ kind: 'over_limit', text: `${buyer} holds ${seats} seats of screening ${orders[0]!.screeningId}` });
  }
  const halfOf = halfPrice(view);
  for (const { screeningId, quota, promised } of view.quotas) {
    const used = halfOf.get(screeningId)?.length ?? 0;
    if (used > quota) found.push({ kind: 'over_limit', text: `${used} half-price tickets of ${quota}` });
    if (used > promised) {
      const text = `${used} half-price tickets of screening ${screeningId}, and only ${promised} are promised`;
      found.push({ kind: 'count_wrong', text });
    }
  }
  return found;
}

const byBuyer = (orders: readonly AuditedOrder[]) =>
  Map.groupBy(orders, (order) => `${order.screeningId} ${order.buyerKey}`);

function halfPrice({ tickets }: View) {
  const taken = tickets.filter(({ state, timeIsOver }) => state === 'sold' || (state === 'held' && !timeIsOver));
  return Map.groupBy(
    taken.filter(({ kind }) => kind !== null && countsInQuota(kind)),
    (ticket) => ticket.screeningId,
  );
}

/**
 * What the product counts a buyer's tickets from: orders whose ids are the buyer's, one serial number after the other,
 * each with the seats and the end that its tickets have.
 */
export function countFindings(view: View): Finding[] {
  const wrong: string[] = [];
  for (const orders of byBuyer(view.orders).values()) {
    const serials = orders.map(({ orderId }) => serialOf(orderId)).toSorted((a, b) => a - b);
    // Serial numbers are given without a gap, and orders are never deleted.
    if (serials.some((serial, n) => serial !== n + 1)) {
      const { screeningId, buyerKey } = orders[0]!;
      wrong.push(`buyer ${buyerKey} has the orders ${serials.join(', ')} of screening ${screeningId}`);
    }
  }
  for (const order of view.orders) {
    const { orderId, screeningId, buyerKey } = order;
    if (orderId !== orderIdOf(screeningId, buyerKey, serialOf(orderId))) {
      wrong.push(`order ${orderId} has an id that is not its buyer's`);
    }
    if (order.seatCount !== order.lines.length) wrong.push(`order ${orderId} counts ${order.seatCount} seats`);
  }
  for (const order of view.live) {
    for (const { seatNo, kind } of order.lines) {
      const ticket = view.ticketAt.get(seatKey(order.screeningId, seatNo));
      if (ticket?.orderId !== order.orderId) continue;
      if (ticket.kind !== kind) wrong.push(`${seatName(ticket)} is '${ticket.kind}', and '${kind}' in its order`);
      if (order.state !== 'paid' && ticket.heldUntil?.getTime() !== order.seatsUntil.getTime()) {
        wrong.push(`${seatName(ticket)} is kept for another time than its order counts`);
      }
    }
  }
  return wrong.map((text) => ({ kind: 'count_wrong', text }));
}

/**
 * The id of a buyer's n-th order of a screening, as docs/decisions/0020 has it: 74 bits of SHA-256(screening, buyer) in
 * the form of a UUID of version 8, the serial number, the screening. Written a second time, so that both must agree.
 */
export function orderIdOf(screeningId: number, buyerKey: string, serial: number): string {
  const screening = screeningId.toString(16).padStart(8, '0');
  const digest = createHash('sha256')
    .update(Buffer.from(screening + buyerKey, 'hex'))
    .digest('hex');
  const variant = ((Number.parseInt(digest[16]!, 16) & 0x3) | 0x8).toString(16);
  const parts = [digest.slice(0, 8), digest.slice(8, 12), `8${digest.slice(13, 16)}`, variant + digest.slice(17, 20)];
  return [...parts, serial.toString(16).padStart(4, '0') + screening].join('-');
}

const serialOf = (orderId: string) => Number.parseInt(orderId.slice(24, 28), 16);

/** The first eight bytes of the key's SHA-256 as an int8, as text. */
const keyHashOf = (key: string) => createHash('sha256').update(key).digest().readBigInt64BE().toString();

/** One key made one order, the one that was told, and was not refused as well. */
export function answerFindings(view: View, evidence: Evidence): Finding[] {
  const found: Finding[] = [];
  const changed = (text: string) => void found.push({ kind: 'answer_changed', text });
  const orderOf = new Map<string, string>();
  const refused = new Set(view.refusals.map((row) => `${row.screeningId} ${row.orderId} ${row.keyHash}`));
  for (const { screeningId, orderId, buyerId, buyerKey, keyHash } of view.orders) {
    const name = `${screeningId} ${buyerId} ${keyHash}`;
    if (orderOf.has(name)) changed(`one key made the orders ${orderOf.get(name)} and ${orderId}`);
    orderOf.set(name, orderId);
    if (refused.has(`${screeningId} ${orderIdOf(screeningId, buyerKey, 1)} ${keyHash}`)) {
      changed(`the key of order ${orderId} was refused as well`);
    }
  }
  for (const { screeningId, buyerId, key, buyer, orderId } of evidence.receipts) {
    if (key === undefined || buyerId === undefined) continue;
    const made = orderOf.get(`${screeningId} ${buyerId} ${keyHashOf(key)}`);
    if (made !== orderId) changed(`${buyer} was told of order ${orderId}; their key says ${made}`);
  }
  const told = new Set(evidence.receipts.map((receipt) => receipt.orderId));
  for (const order of evidence.everybodyWasAnswered ? view.live : []) {
    if (told.has(order.orderId)) continue;
    found.push({ kind: 'lost', text: `order ${order.orderId} is ${order.state} and nobody was told` });
  }
  return found;
}
