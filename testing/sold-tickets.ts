import { issueTickets, listTickets, newTicketSigningKey, readTicketKeys } from '#capabilities/tickets';
import type { Database } from '#platform/postgres';
import { aPaidOrder, type SoldLine } from './paid-orders.ts';

/** Keys of a house that exists for one test file. */
export const testKeys = readTicketKeys({ signingKey: newTicketSigningKey() });

/** A paid order with its tickets issued, as the buyer sees them. */
export async function soldTickets(
  db: Database,
  screening: { screeningId: number; priceCents: number },
  lines: SoldLine[],
  buyerId?: string,
) {
  const order = await aPaidOrder(db, screening, lines, buyerId);
  await db.transaction((tx) => issueTickets(tx, order));
  return { ...order, tickets: await listTickets({ db, keys: testKeys }, { orderId: order.orderId }) };
}
