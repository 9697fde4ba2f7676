import type { StoredAnswer } from './commands.ts';
import type { Evidence, HoldReceipt } from './evidence.ts';
import { answerOf, linesOf, type OrderRow, type Rows } from './rows.ts';

/**
 * Compares what people have in their hands with the rows; null when every receipt is true. `arrived` looks at one
 * receipt the moment it is heard, `atEnd` at all that is left when everybody has gone home.
 */
export type ReceiptsChecker = { arrived(receipt: HoldReceipt): string | null; atEnd(now: number): string | null };

export function createReceiptsChecker(rows: Rows, evidence: Evidence): ReceiptsChecker {
  const firstHeard = new Map<string, { body: string; fingerprint: string }>();

  return {
    arrived: ({ wish, heard, hold }) => {
      const key = answerOf(wish);
      const earlier = firstHeard.get(key);
      if (heard.kind === 'mismatch') {
        const isOwn = earlier?.fingerprint === wish.fingerprint;
        return isOwn ? `${key} was refused as another body, and is not` : null;
      }
      if (!('body' in heard) || !hold) return `${key} was answered ${heard.kind}`;
      if (earlier && earlier.fingerprint !== wish.fingerprint) return `${key} answered two bodies`;
      if (earlier && earlier.body !== heard.body) return `${key} has two answers`;
      firstHeard.set(key, { body: heard.body, fingerprint: wish.fingerprint });
      const cause = evidence.wishes.get(hold.instance);
      if (cause?.key !== wish.key || cause.buyerId !== wish.buyerId) return `${key} heard the answer of somebody else`;
      if (hold.outcome !== 'held') return null;
      const order = rows.orders.get(hold.orderId!);
      if (!order) return `${key} was told of ${hold.orderId}, which does not exist`;
      const isAsAsked =
        order.buyerId === wish.buyerId &&
        order.heldUntil === hold.heldUntil &&
        seatsOf(hold.lines!) === seatsOf(wish.seats) &&
        (evidence.kinds.has(order.orderId) || JSON.stringify(linesOf(order)) === JSON.stringify(hold.lines));
      return isAsAsked ? null : `${hold.orderId} is not what ${key} asked for`;
    },

    atEnd: (now) => {
      if (evidence.open.size > 0) return `${evidence.open.size} callers were never answered`;
      const byIntention = new Map<string, string>();
      for (const order of rows.orders.values()) {
        const wish = evidence.wishes.get(order.correlationId);
        if (!wish) return `${order.orderId} was asked for by nobody`;
        const other = byIntention.get(answerOf(wish));
        if (other) return `one key made ${other} and ${order.orderId}`;
        byIntention.set(answerOf(wish), order.orderId);
        const asked = [wish.seats, evidence.kinds.get(order.orderId) ?? []].map(seatsOf);
        if (!asked.includes(seatsOf(linesOf(order))))
          return `${order.orderId} has other seats or kinds than were asked for`;
        const wrong = wrongEnd(order, evidence, now);
        if (wrong) return wrong;
      }
      for (const [key, { body }] of firstHeard) {
        if (keptUnder(rows, key) !== body) return `${key} is kept with another answer than was given`;
      }
      return wrongMoney(rows, evidence);
    },
  };
}

/** What the tables have under a key: a refusal, or the order with the kinds that were held first. */
function keptUnder(rows: Rows, key: string): string | undefined {
  const order = [...rows.orders.values()].find((made) => answerOf(made) === key);
  if (!order) return rows.refusals.get(key)?.body;
  const { correlationId: instance, orderId, heldUntil, kinds, firstKinds } = order;
  const lines = linesOf(order, firstKinds ?? kinds);
  return JSON.stringify({ outcome: 'held', instance, orderId, heldUntil, lines } satisfies StoredAnswer);
}

const seatsOf = (seats: readonly { seatNo: number; kind: string }[]) =>
  seats
    .map(({ seatNo, kind }) => `${seatNo} ${kind}`)
    .sort()
    .join(', ');

/** An order ends by its time, by its buyer, or not at all; and a paid one only by a refund. */
function wrongEnd(order: OrderRow, evidence: Evidence, now: number): string | null {
  const wasTold = evidence.paid.has(order.orderId);
  switch (order.state) {
    case 'held':
    case 'awaiting_payment':
      return `${order.orderId} is ${order.state} for ever`;
    case 'expired':
      return wasTold || order.heldUntil > now ? `${order.orderId} expired, against what was told` : null;
    case 'cancelled':
      return wasTold || !evidence.releases.has(order.orderId) ? `${order.orderId} was cancelled by nobody` : null;
    case 'refunded':
      return evidence.refunds.has(order.orderId) ? null : `${order.orderId} was refunded by nobody`;
    case 'paid':
      return [...evidence.money.values()].some((money) => money.orderId === order.orderId)
        ? null
        : `${order.orderId} is paid with no money`;
  }
}

/** All that the provider took is known to the house, once each. */
function wrongMoney(rows: Rows, evidence: Evidence): string | null {
  for (const [attemptId, { orderId, paidCents }] of evidence.money) {
    const attempt = rows.attempts.get(attemptId);
    if (attempt?.capturedCents !== paidCents || attempt.orderId !== orderId) return `the money of ${attemptId} is lost`;
  }
  return rows.attempts.size === evidence.money.size ? null : 'the house has money that nobody paid';
}
