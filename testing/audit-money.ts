import type { AuditedOrder, Books } from './audit-books.ts';
import type { Finding, Ledger } from './auditor.ts';

// Money = tickets: order by order, in our books, in the provider's, and in the tickets that were issued.

/** Amounts in centavos. `ledger` null: nobody to compare with. */
export function moneyFindings(books: Books, ledger: Ledger | null): Finding[] {
  const wrong: string[] = [];
  const attemptsOf = Map.groupBy(books.attempts, (attempt) => attempt.orderId);
  const refundsOf = Map.groupBy(books.refunds, (refund) => refund.orderId);
  const issuedOf = Map.groupBy(books.issued, (ticket) => ticket.orderId);
  for (const order of books.orders) {
    const lines = sum(order.lines.map((line) => line.chargedCents + line.feeCents));
    if (lines !== order.totalCents) wrong.push(`the lines of order ${order.orderId} do not add up to its total`);
    wrong.push(...orderMoney(order, attemptsOf.get(order.orderId) ?? [], refundsOf.get(order.orderId) ?? []));
    const tickets = sum((issuedOf.get(order.orderId) ?? []).map((ticket) => ticket.cents));
    if (order.state === 'paid' && tickets !== order.totalCents) {
      wrong.push(`the tickets of order ${order.orderId} cost ${tickets}, it cost ${order.totalCents}`);
    }
  }
  for (const attempt of books.attempts.filter(({ isOpen }) => isOpen)) {
    wrong.push(`nobody knows how payment ${attempt.attemptId} of order ${attempt.orderId} ended (${attempt.state})`);
  }
  for (const refund of books.refunds.filter(({ state }) => state === 'created' || state === 'pending')) {
    wrong.push(`${refund.cents} are still on their way back from order ${refund.orderId}`);
  }
  if (ledger) wrong.push(...ledgerDifferences(books, ledger));
  return wrong.map((text) => ({ kind: 'money_mismatch', text }));
}

/** A paid order has its price once, from one payment; any other order has nothing. */
function orderMoney(order: AuditedOrder, attempts: Books['attempts'], refunds: Books['refunds']): string[] {
  const name = `order ${order.orderId} (${order.state})`;
  const returned = sum(refunds.filter(({ state }) => state === 'succeeded').map(({ cents }) => cents));
  const kept = sum(attempts.map(({ capturedCents }) => capturedCents)) - returned;
  const paying = attempts.filter(({ fulfilment }) => fulfilment === 'paid');
  if (order.state !== 'paid') return kept === 0 ? [] : [`${kept} centavos without seats: ${name}`];
  if (paying.length !== 1) return [`${paying.length} payments have bought ${name}`];
  const partly = returnedOf(refunds, paying[0]!.attemptId);
  if (paying[0]!.capturedCents !== order.totalCents) return [`${name} was bought for another price`];
  if (partly > 0 && partly >= order.totalCents) return [`the money of ${name} went back, its seats did not`];
  // What staff gave back of a paid order is theirs to decide; every other payment for it must be back whole.
  return kept + partly === order.totalCents ? [] : [`${kept + partly} centavos for ${name} of ${order.totalCents}`];
}

const returnedOf = (refunds: Books['refunds'], attemptId: string) =>
  sum(refunds.filter((refund) => refund.attemptId === attemptId && refund.state === 'succeeded').map((r) => r.cents));

function ledgerDifferences(books: Books, ledger: Ledger): string[] {
  const ours = new Map<string, { capturedCents: number; refundedCents: number }>();
  const line = (orderId: string) => {
    const known = ours.get(orderId) ?? { capturedCents: 0, refundedCents: 0 };
    ours.set(orderId, known);
    return known;
  };
  for (const { orderId, provider, capturedCents } of books.attempts) {
    if (provider !== 'none') line(orderId).capturedCents += capturedCents;
  }
  for (const { orderId, provider, state, cents } of books.refunds) {
    if (provider !== 'none' && state === 'succeeded') line(orderId).refundedCents += cents;
  }
  const orderIds = new Set([...ours.keys(), ...Object.keys(ledger)]);
  return [...orderIds].flatMap((orderId) => {
    const mine = ours.get(orderId) ?? { capturedCents: 0, refundedCents: 0 };
    const theirs = ledger[orderId] ?? { capturedCents: 0, refundedCents: 0 };
    return mine.capturedCents === theirs.capturedCents && mine.refundedCents === theirs.refundedCents
      ? []
      : [
          `order ${orderId}: the provider took ${theirs.capturedCents} and gave back ${theirs.refundedCents}, ` +
            `our books say ${mine.capturedCents} and ${mine.refundedCents}`,
        ];
  });
}

const sum = (cents: readonly number[]) => cents.reduce((total, each) => total + each, 0);
