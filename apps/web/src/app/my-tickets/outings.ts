import type { TicketView } from '#contracts/tickets';

/** The tickets of one order: one evening. */
export type Outing = { orderId: string; startsAt: string; tickets: TicketView[] };

const OVER_AFTER_MS = 4 * 3_600_000; // A film and a little: until then it stays among the next ones.

/** Evenings in order: the nearest next one first, then the past ones, latest first. */
export function asOutings(tickets: readonly TicketView[], now: number): { next: Outing[]; past: Outing[] } {
  const byOrder = new Map<string, Outing>();
  for (const ticket of tickets) {
    const outing = byOrder.get(ticket.orderId) ?? { orderId: ticket.orderId, startsAt: ticket.startsAt, tickets: [] };
    outing.tickets.push(ticket);
    byOrder.set(ticket.orderId, outing);
  }
  const outings = [...byOrder.values()];
  const isPast = (outing: Outing) =>
    Date.parse(outing.startsAt) + OVER_AFTER_MS < now || outing.tickets.every((ticket) => ticket.state === 'revoked');
  const at = (outing: Outing) => Date.parse(outing.startsAt);
  return {
    next: outings.filter((outing) => !isPast(outing)).sort((a, b) => at(a) - at(b)),
    past: outings.filter(isPast).sort((a, b) => at(b) - at(a)),
  };
}
