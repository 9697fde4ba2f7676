import pino from 'pino';
import * as orders from '#capabilities/orders';
import type * as PaymentsModule from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import type { Database } from '#platform/postgres';
import type { Till } from './paying.ts';
import { type SourceEdits, withEdits } from './without-guard.ts';

/** Payments at the till's providers with `edits` made to their source text; no edits are the product itself. */
export async function editedPayments(
  db: Database,
  till: Pick<Till, 'stripe' | 'paypal'>,
  edits: SourceEdits = {},
  neighbours: Partial<typeof orders> = {},
) {
  const module = await withEdits<typeof PaymentsModule>('capabilities/payments', 'index.ts', edits);
  const { stripe, paypal } = till;
  const log = pino({ level: 'silent' });
  const door = { ...orders, ...neighbours };
  return module.createPayments({ db, clock: systemClock, log, orders: door, stripe, paypal, lookEveryMs: 0 });
}
