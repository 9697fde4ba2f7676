import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import type { Log } from '#platform/log';
import type { Database, Transaction } from '#platform/postgres';
import type { Applied, Look } from './apply-provider-state.ts';
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
  /** One outcome per payment; 'again', never for the first, leaves its order as it was, for another transaction. */
  confirmAllPaid(
    tx: Transaction,
    paid: readonly (OrderRef & { paidCents: number; correlationId: string })[],
  ): Promise<('paid' | 'already_paid' | 'seats_gone' | 'amount_mismatch' | 'order_unknown' | 'again')[]>;
  refundOrder(tx: Transaction, refund: OrderRef & { reason: string; correlationId: string }): Promise<unknown>;
  /** Pages that watch the order look again. */
  orderChanged(tx: Transaction, orderId: string): Promise<void>;
};

export type PaymentsOptions = {
  db: Database;
  clock: Clock;
  log: Log;
  orders: OrdersDoor;
  /** A provider without keys is null and not offered. */
  stripe: PaymentProvider | null;
  paypal: PaymentProvider | null;
  /** Between two looks at the provider that a browser asks for; two seconds unless a test says otherwise. */
  lookEveryMs?: number;
  /** How captured payments gather; DEFAULT_GATHERING in payment-lanes.ts unless a test or benchmark says otherwise. */
  gathering?: Partial<Gathering>;
};

export type Gathering = {
  /** Transactions at once, each over a connection of the pool; a screening always travels in the same lane. */
  lanes: number;
  /** Most payments in one transaction. */
  sizeMax: number;
  /** Most payments waiting in one lane; one more is refused with the fault 'overloaded'. */
  queueMax: number;
};

export type PaymentsDeps = PaymentsOptions & { lanes: PaymentLanes };

/** Where captured payments gather, to be decided many in one transaction (payment-lanes.ts). */
export type PaymentLanes = {
  /** Null when there is no such attempt. Throws the Fault 'overloaded' when the lane is full. */
  settle(look: Look): Promise<Applied | null>;
  /** Resolves when everything that waits is answered; later looks are refused as overloaded. */
  close(): Promise<void>;
};

export function providerNamed(deps: PaymentsDeps, name: ProviderName | 'none'): PaymentProvider {
  const provider = name === 'none' ? null : deps[name];
  // An attempt of a provider whose keys were taken away: nothing can be asked until they are back.
  if (!provider) throw new Fault('provider_not_configured', { retryable: true });
  return provider;
}
