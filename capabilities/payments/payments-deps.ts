import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import type { Log } from '#platform/log';
import type { Database, Transaction } from '#platform/postgres';
import type { PaymentProvider, ProviderName } from './provider.ts';

type OrderRef = { screeningId: number; orderId: string };

/** What payments asks of orders (its only neighbour). */
export type OrdersDoor = {
  awaitPayment(
    tx: Transaction,
    order: OrderRef,
  ): Promise<
    | { outcome: 'awaiting'; totalCents: number; heldUntil: Date | string }
    | { outcome: 'order_expired' | 'order_not_payable' | 'order_unknown' }
  >;
  confirmPaid(
    tx: Transaction,
    paid: OrderRef & { paidCents: number; correlationId: string },
  ): Promise<'paid' | 'already_paid' | 'seats_gone' | 'amount_mismatch' | 'order_unknown'>;
  refundOrder(tx: Transaction, refund: OrderRef & { reason: string; correlationId: string }): Promise<unknown>;
  /** Pages that watch the order look again. */
  orderChanged(tx: Transaction, orderId: string): Promise<void>;
};

export type PaymentsDeps = {
  db: Database;
  clock: Clock;
  log: Log;
  orders: OrdersDoor;
  /** A provider without keys is null and not offered. */
  stripe: PaymentProvider | null;
  paypal: PaymentProvider | null;
  /** Between two looks at the provider that a browser asks for; two seconds unless a test says otherwise. */
  lookEveryMs?: number;
};

export function providerNamed(deps: PaymentsDeps, name: ProviderName | 'none'): PaymentProvider {
  const provider = name === 'none' ? null : deps[name];
  // An attempt of a provider whose keys were taken away: nothing can be asked until they are back.
  if (!provider) throw new Fault('provider_not_configured', { retryable: true });
  return provider;
}
