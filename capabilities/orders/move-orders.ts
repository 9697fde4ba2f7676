import type { TicketKind } from '#contracts/ticket-kinds';
import { issueTickets, revokeTickets } from '#capabilities/tickets';
import { assert } from '#platform/fault';
import { tell, tellAll } from '#platform/outbox';
import type { Database, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { type OrderEvent, statesBefore } from './order-states.ts';

/** An order by its full key; the screening is also inside the id (`shardOf`). */
export type OrderKey = { screeningId: number; orderId: string };

/** How much longer than the buyer sees the seats wait for money that is on its way. */
export const PAYMENT_GRACE_SECONDS = 60;

export type AwaitOutcome =
  | {
      outcome: 'awaiting';
      totalCents: number;
      ticketsCents: number;
      feeCents: number;
      seatCount: number;
      heldUntil: Date;
      buyerId: string;
      correlationId: string;
    }
  | { outcome: 'order_expired' | 'order_not_payable' | 'order_unknown' };

/** held → awaiting_payment. Again while awaiting (another attempt): the same answer. */
export async function awaitPayment(
  tx: Transaction,
  order: OrderKey,
  graceSeconds = PAYMENT_GRACE_SECONDS,
): Promise<AwaitOutcome> {
  const moved = await tx.row<{ outcome: AwaitOutcome['outcome'] }>(AWAIT, [
    order.screeningId,
    order.orderId,
    graceSeconds,
  ]);
  if (moved!.outcome !== 'awaiting') return { outcome: moved!.outcome };
  const row = await tx.row<Omit<Extract<AwaitOutcome, { outcome: 'awaiting' }>, 'outcome'>>(READ_PAYABLE, [
    order.screeningId,
    order.orderId,
  ]);
  return { outcome: 'awaiting', ...row! };
}

export type ConfirmOutcome = 'paid' | 'already_paid' | 'seats_gone' | 'amount_mismatch' | 'order_unknown';

export type OrderPayment = OrderKey & { paidCents: number; correlationId: string };

/**
 * The money is here: orders paid, seats sold, tickets issued, facts told, all in this transaction, in three statements
 * however many orders there are. One outcome per payment, in their order. After the hold has ended the same seats are
 * taken again if free; 'seats_gone' and 'amount_mismatch' mean that the money goes back. 'again', never for the first:
 * an earlier payment wants the same seats or is of the same buyer; nothing was decided, ask once more in another call.
 */
export async function confirmAllPaid(
  tx: Transaction,
  payments: readonly OrderPayment[],
): Promise<(ConfirmOutcome | 'again')[]> {
  const rows = await tx.rows<{ outcome: ConfirmOutcome | 'again' }>(CONFIRM, [
    payments.map((payment) => payment.screeningId),
    payments.map((payment) => payment.orderId),
    payments.map((payment) => payment.paidCents),
  ]);
  const outcomes = rows.map((row) => row.outcome);
  const paid = payments.filter((_, index) => outcomes[index] === 'paid');
  if (paid.length > 0) {
    await issueTickets(tx, ...paid);
    await tellAll(
      tx,
      paid.map(({ screeningId, orderId, correlationId }) => ({
        topic: 'order_paid',
        payload: { screeningId, orderId },
        correlationId,
      })),
    );
  }
  return outcomes;
}

/** The same for a single order. */
export async function confirmPaid(tx: Transaction, payment: OrderPayment): Promise<ConfirmOutcome> {
  const [outcome] = await confirmAllPaid(tx, [payment]);
  assert(outcome && outcome !== 'again', 'the first payment of a call is always decided');
  return outcome;
}

export type EndOutcome = 'ended' | 'refused' | 'order_unknown';

/** The buyer gives held seats back. 'refused' when the order is paid or over already. */
export async function releaseOrder(tx: Transaction, order: OrderKey & { correlationId: string }): Promise<EndOutcome> {
  return end(tx, order, 'released');
}

/** Seats free again, tickets revoked. Moves no money: that is payments' part. 'refused' unless the order is paid. */
export async function refundOrder(
  tx: Transaction,
  order: OrderKey & { reason: string; correlationId: string },
): Promise<EndOutcome> {
  const outcome = await end(tx, order, 'refunded', { reason: order.reason });
  if (outcome === 'ended') await revokeTickets(tx, order);
  return outcome;
}

const FACT_OF = {
  released: { state: 'cancelled', topic: 'order_cancelled' },
  refunded: { state: 'refunded', topic: 'order_refunded' },
  hold_ended: { state: 'expired', topic: 'order_expired' },
} as const satisfies Partial<Record<OrderEvent, { state: string; topic: string }>>;

async function end(
  tx: Transaction,
  order: OrderKey & { correlationId: string },
  event: keyof typeof FACT_OF,
  extra: Record<string, unknown> = {},
): Promise<EndOutcome> {
  const { state, topic } = FACT_OF[event];
  const row = await tx.row<{ outcome: EndOutcome }>(END, [
    [order.screeningId],
    [order.orderId],
    state,
    statesBefore(event),
  ]);
  if (row!.outcome === 'ended') await tellOf(tx, topic, order, order.correlationId, extra);
  return row!.outcome;
}

/**
 * Writes down, for people, which holds have ended; the seats were free the moment their time passed. For the worker,
 * every few seconds; returns how many. Looks two days back: longer than any worker may sleep.
 */
export async function expireOrders(db: Database, limit: number): Promise<number> {
  return db.transaction(async (tx) => {
    const due = await tx.rows<OrderKey & { correlationId: string }>(FIND_ENDED, [limit]);
    if (due.length === 0) return 0;
    const rows = await tx.rows<{ request_no: number; outcome: EndOutcome }>(END, [
      due.map((order) => order.screeningId),
      due.map((order) => order.orderId),
      FACT_OF.hold_ended.state,
      statesBefore('hold_ended'),
    ]);
    const ended = rows.filter((row) => row.outcome === 'ended').map((row) => due[row.request_no - 1]!);
    for (const order of ended) await tellOf(tx, FACT_OF.hold_ended.topic, order, order.correlationId);
    return ended.length;
  });
}

export type KindsOutcome =
  | 'changed'
  | 'order_unknown'
  | 'order_expired'
  | 'order_not_changeable'
  | 'seats_differ'
  | 'half_price_exhausted';

/** The same seats with other ticket kinds, while the order is held: price, fee and total follow. */
export async function changeKinds(
  tx: Transaction,
  order: OrderKey & { seats: readonly { seatNo: number; kind: TicketKind }[] },
): Promise<KindsOutcome> {
  const row = await tx.row<{ outcome: KindsOutcome }>(CHANGE_KINDS, [
    order.screeningId,
    order.orderId,
    order.seats.map((seat) => seat.seatNo),
    order.seats.map((seat) => seat.kind),
  ]);
  return row!.outcome;
}

/** Tells the pages that watch this order to look again; for changes beside the order itself, such as its payment. */
export async function orderChanged(tx: Transaction, orderId: string): Promise<void> {
  await tx.rows(PUBLISH, [[orderId]]);
}

async function tellOf(
  tx: Transaction,
  topic: string,
  { screeningId, orderId }: OrderKey,
  correlationId: string,
  extra: Record<string, unknown> = {},
): Promise<void> {
  await tell(tx, { topic, payload: { screeningId, orderId, ...extra }, correlationId });
}

const AWAIT = sql`select orders.await_payment($1, $2, $3) as outcome`;
const READ_PAYABLE = sql`
  select total_cents as "totalCents", tickets_cents as "ticketsCents", fee_cents as "feeCents",
         seat_count as "seatCount", held_until as "heldUntil", buyer_id as "buyerId",
         correlation_id as "correlationId"
  from orders.orders where screening_id = $1 and order_id = $2`;
const CONFIRM = sql`
  select outcome from orders.confirm_orders($1::integer[], $2::uuid[], $3::integer[]) order by request_no`;
const END = sql`
  select request_no, outcome
  from orders.end_orders($1::integer[], $2::uuid[], $3::orders.order_state, $4::orders.order_state[])`;
// The grace is inside end_orders, which looks at the seats' own time.
const FIND_ENDED = sql`
  select screening_id as "screeningId", order_id as "orderId", correlation_id as "correlationId"
  from orders.orders
  where created_at > now() - interval '2 days' and state in ('held', 'awaiting_payment')
    and held_until <= now() - case when state = 'held' then interval '0' else interval '60 seconds' end
  order by held_until limit $1`;
const CHANGE_KINDS = sql`select orders.change_kinds($1, $2, $3::smallint[], $4::holds.ticket_kind[]) as outcome`;
const PUBLISH = sql`select orders.publish_orders($1::uuid[])`;
