import type { Database, Transaction } from '#platform/postgres';

// What the auditor reads: the rows as they are, without a function or view of the product in between.

export type AuditedOrder = {
  screeningId: number;
  orderId: string;
  buyerId: string;
  buyerKey: string;
  state: 'held' | 'awaiting_payment' | 'paid' | 'expired' | 'cancelled' | 'refunded';
  lines: { seatNo: number; kind: string; chargedCents: number; feeCents: number }[];
  totalCents: number;
  /** Whether the buyer's time is over; the end of a paid order is never. */
  timeIsOver: boolean;
  /** 'expired' although its time was not over yet. */
  endedEarly: boolean;
};
export type AuditedTicket = {
  screeningId: number;
  seatNo: number;
  state: 'available' | 'held' | 'sold' | 'blocked';
  orderId: string | null;
  kind: string | null;
  /** Held, and its time is over: free for whoever comes. */
  timeIsOver: boolean;
  heldUntil: string | null;
};
export type AuditedIssue = { screeningId: number; seatNo: number; orderId: string; cents: number };
export type AuditedTally = { screeningId: number; buyerKey: string; orderId: string; seats: number; until: string };
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
/** A stored answer to a hold: whose key, and which order it names. */
export type AuditedAnswer = { screeningId: number; caller: string; key: string; orderId: string };

export type Books = {
  orders: AuditedOrder[];
  tickets: AuditedTicket[];
  issued: AuditedIssue[];
  tallies: AuditedTally[];
  attempts: AuditedAttempt[];
  refunds: AuditedRefund[];
  answers: AuditedAnswer[];
  quotas: { screeningId: number; quota: number }[];
};

/** All rows about these screenings, or about all there are, as of one moment. */
export async function readBooks(db: Database, screeningIds: readonly number[] | null): Promise<Books> {
  return db.transaction(async (tx) => {
    await tx.rows('set transaction isolation level repeatable read read only');
    const of = <R extends Record<string, unknown>>(text: string) => tx.rows<R>(text, [screeningIds]);
    return {
      orders: await of<AuditedOrder>(ORDERS),
      tickets: await of<AuditedTicket>(TICKETS),
      issued: await of<AuditedIssue>(ISSUED),
      tallies: await of<AuditedTally>(TALLIES),
      attempts: await of<AuditedAttempt>(ATTEMPTS),
      refunds: await of<AuditedRefund>(REFUNDS),
      answers: await of<AuditedAnswer>(ANSWERS),
      quotas: await of<Books['quotas'][number]>(QUOTAS),
    };
  });
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
    encode(buyer_key, 'hex') as "buyerKey", state, lines, total_cents as "totalCents",
    state <> 'paid' and held_until <= now() as "timeIsOver",
    state = 'expired' and ended_at < held_until as "endedEarly"
  from orders.orders where ${THESE}`;
const TICKETS = `
  select screening_id as "screeningId", seat_no as "seatNo", state, order_id as "orderId", kind,
    coalesce(held_until <= now(), false) as "timeIsOver", held_until::text as "heldUntil"
  from holds.tickets where ${THESE}`;
const ISSUED = `
  select screening_id as "screeningId", seat_no as "seatNo", order_id as "orderId", price_cents + fee_cents as cents
  from tickets.issued where state = 'valid' and ${THESE}`;
const TALLIES = `
  select screening_id as "screeningId", encode(buyer_key, 'hex') as "buyerKey", e.id as "orderId", e.seats,
    e.until::text as until
  from holds.tallies cross join lateral unnest(order_ids, seat_counts, counts_until) as e(id, seats, until)
  where e.until > now() and ${THESE}`;
const ATTEMPTS = `
  select order_id as "orderId", attempt_id as "attemptId", provider, state, fulfilment,
    coalesce(captured_cents, 0) as "capturedCents",
    state in ('created', 'submitted', 'requires_action', 'unknown') and pay_until <= now() as "isOpen"
  from payments.attempts where ${THESE}`;
const REFUNDS = `
  select order_id as "orderId", attempt_id as "attemptId", provider, state, amount_cents as cents
  from payments.refunds where ${THESE}`;
const ANSWERS = `
  select shard as "screeningId", caller, key, body::jsonb ->> 'orderId' as "orderId"
  from idempotency.answers
  where status = 0 and body::jsonb ->> 'outcome' = 'held' and ($1::integer[] is null or shard = any($1))`;
const QUOTAS = `
  select screening_id as "screeningId", half_price_quota as quota from screenings.screenings where ${THESE}`;
