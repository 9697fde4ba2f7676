import { chargedCents, feeCents, type TicketKind } from '#contracts/ticket-kinds';
import type { Database, Transaction } from '#platform/postgres';

// What the auditor reads: the rows as they are, without a function or view of the product in between.

export type AuditedOrder = {
  screeningId: number;
  orderId: string;
  buyerId: string;
  buyerKey: string;
  state: 'held' | 'awaiting_payment' | 'paid' | 'expired' | 'cancelled' | 'refunded';
  lines: { seatNo: number; kind: TicketKind; chargedCents: number; feeCents: number }[];
  totalCents: number;
  /** What the limit of ten adds up. */
  seatCount: number;
  /** Whether the time of its seats is over; that of a paid order is never. */
  timeIsOver: boolean;
  /** 'expired' although the time of its seats was not over yet. */
  endedEarly: boolean;
  /** What the buyer was told. */
  heldUntil: Date;
  /** How long the seats are kept. */
  seatsUntil: Date;
  /** Of the Idempotency-Key that made it: a whole number, as text. */
  keyHash: string;
};
export type AuditedTicket = {
  screeningId: number;
  seatNo: number;
  state: 'available' | 'held' | 'sold' | 'blocked';
  orderId: string | null;
  kind: TicketKind | null;
  /** Held, and its time is over: free for whoever comes. */
  timeIsOver: boolean;
  heldUntil: Date | null;
};
export type AuditedIssue = { screeningId: number; seatNo: number; orderId: string; cents: number };
export type AuditedAttempt = {
  orderId: string;
  attemptId: string;
  provider: string;
  state: string;
  fulfilment: string | null;
  capturedCents: number;
  /** Nobody knows yet how it ended, although its hold is over. */
  isOpen: boolean;
};
export type AuditedRefund = { orderId: string; attemptId: string; provider: string; state: string; cents: number };
/** A hold that was refused: under the first id that its buyer can have of the screening. */
export type AuditedRefusal = { screeningId: number; orderId: string; keyHash: string };

export type Books = {
  orders: AuditedOrder[];
  tickets: AuditedTicket[];
  issued: AuditedIssue[];
  attempts: AuditedAttempt[];
  refunds: AuditedRefund[];
  refusals: AuditedRefusal[];
  /** Half-price tickets: how many there may be, and how many the product believes to have promised. */
  quotas: { screeningId: number; quota: number; promised: number }[];
};

/** All rows about these screenings, or about all there are, as of one moment. */
export async function readBooks(db: Database, screeningIds: readonly number[] | null): Promise<Books> {
  return db.transaction(async (tx) => {
    await tx.rows('set transaction isolation level repeatable read read only');
    const of = <R extends Record<string, unknown>>(text: string) => tx.rows<R>(text, [screeningIds]);
    return {
      orders: (await of<OrderRow>(ORDERS)).map(auditedOrder),
      tickets: await of<AuditedTicket>(TICKETS),
      issued: await of<AuditedIssue>(ISSUED),
      attempts: await of<AuditedAttempt>(ATTEMPTS),
      refunds: await of<AuditedRefund>(REFUNDS),
      refusals: await of<AuditedRefusal>(REFUSALS),
      quotas: await of<Books['quotas'][number]>(QUOTAS),
    };
  });
}

type OrderRow = Omit<AuditedOrder, 'lines'> & {
  seatNos: number[];
  kinds: TicketKind[];
  priceCents: number[];
  feeBasisPoints: number;
};

/** What each seat costs follows from its full price and kind, by the contract. */
function auditedOrder({ seatNos, kinds, priceCents, feeBasisPoints, ...order }: OrderRow): AuditedOrder {
  const lines = seatNos.map((seatNo, n) => {
    const charged = chargedCents(kinds[n]!, priceCents[n]!);
    return { seatNo, kind: kinds[n]!, chargedCents: charged, feeCents: feeCents(charged, feeBasisPoints) };
  });
  return { ...order, lines };
}

/** How many payments, refunds and provider events are still on their way; the auditor waits for zero. */
export async function unsettled(db: Database | Transaction): Promise<number> {
  const row = await db.row<{ n: number }>(
    `select (select count(*) from payments.attempts
              where state in ('created', 'submitted', 'requires_action', 'unknown'))
          + (select count(*) from payments.refunds where state in ('created', 'pending'))
          + (select count(*) from payments.provider_events where processed_at is null) as n`,
  );
  return row!.n;
}

const THESE = '($1::integer[] is null or screening_id = any($1))';
const ORDERS = `
  select screening_id as "screeningId", order_id as "orderId", buyer_id as "buyerId",
    encode(buyer_key, 'hex') as "buyerKey", state, seat_nos as "seatNos", kinds::text[] as kinds,
    price_cents as "priceCents", fee_basis_points as "feeBasisPoints", seat_count as "seatCount",
    total_cents as "totalCents", held_until as "heldUntil", seats_until as "seatsUntil", key_hash::text as "keyHash",
    state <> 'paid' and seats_until <= now() as "timeIsOver",
    state = 'expired' and ended_at < seats_until as "endedEarly"
  from orders.orders where ${THESE}`;
const TICKETS = `
  select screening_id as "screeningId", seat_no as "seatNo", state, order_id as "orderId", kind,
    coalesce(held_until <= now(), false) as "timeIsOver", held_until as "heldUntil"
  from holds.tickets where ${THESE}`;
const ISSUED = `
  select screening_id as "screeningId", seat_no as "seatNo", order_id as "orderId", price_cents + fee_cents as cents
  from tickets.issued where state = 'valid' and ${THESE}`;
const ATTEMPTS = `
  select order_id as "orderId", attempt_id as "attemptId", provider, state, fulfilment,
    coalesce(captured_cents, 0) as "capturedCents",
    state in ('created', 'submitted', 'requires_action', 'unknown') and pay_until <= now() as "isOpen"
  from payments.attempts where ${THESE}`;
const REFUNDS = `
  select order_id as "orderId", attempt_id as "attemptId", provider, state, amount_cents as cents
  from payments.refunds where ${THESE}`;
const REFUSALS = `
  select screening_id as "screeningId", order_id as "orderId", key_hash::text as "keyHash"
  from holds.refusals where ${THESE}`;
const QUOTAS = `
  select screening_id as "screeningId", half_price_quota as quota, coalesce(promised, 0) as promised
  from screenings.screenings left join holds.quotas using (screening_id) where ${THESE}`;
