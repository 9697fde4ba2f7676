import { createHash } from 'node:crypto';
import type { SeatPlan } from '#contracts/seat-plan';
import { createSeatHolder, type HoldRequest, type SeatHolder } from '#capabilities/holds';
import { awaitPayment, confirmPaid } from '#capabilities/orders';
import { newId, newShardedId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';

const BUYERS = 60;
const DAYS_SOLD = 2;
const ORDERS_PER_SCREENING_MAX = 14;
const CONFIRMED_AT_ONCE = 40;

type Unsold = { screeningId: number; plan: SeatPlan };

/**
 * Fills the screenings of the next days a little, by the same doors that real buyers use: hold, await payment, confirm.
 * Nobody gets an e-mail for it. What was sold once is not sold again.
 */
export async function sellDemo(db: Database, signal: AbortSignal): Promise<number> {
  const buyers = await demoBuyers(db);
  const screenings = await db.rows<Unsold>(UNSOLD, [DAYS_SOLD, buyers.map((buyer) => buyer.accountId)]);
  if (screenings.length === 0) return 0;
  const holder = createSeatHolder({ connectionString: db.connectionString, holdSeconds: 120, lanes: 2 });
  let sold = 0;
  try {
    for (const screening of screenings) {
      if (signal.aborted) break;
      sold += await sellScreening(db, holder, screening, buyers);
    }
  } finally {
    await holder.close();
  }
  return sold;
}

type Buyer = { accountId: string; buyerKey: Buffer };

async function sellScreening(db: Database, holder: SeatHolder, screening: Unsold, buyers: Buyer[]): Promise<number> {
  const requests = groupsOf(screening.plan, screening.screeningId).map((seatNos, index): HoldRequest => {
    const buyer = buyers[(screening.screeningId * 7 + index) % buyers.length]!;
    return {
      screeningId: screening.screeningId,
      seats: seatNos.map((seatNo, at) => ({ seatNo, kind: (index + at) % 3 === 0 ? 'half_student' : 'full' })),
      buyerId: buyer.accountId,
      buyerKey: buyer.buyerKey,
      key: `demo-${index}`,
      fingerprint: createHash('sha256').update(seatNos.join()).digest(),
      correlationId: newId(),
    };
  });
  const answers = await Promise.all(requests.map((request) => holder.hold(request)));
  const orders = answers.flatMap((answer, index) =>
    'hold' in answer && answer.hold.outcome === 'held'
      ? [{ orderId: answer.hold.orderId, correlationId: requests[index]!.correlationId }]
      : [],
  );
  for (let at = 0; at < orders.length; at += CONFIRMED_AT_ONCE) {
    await confirmAll(db, screening.screeningId, orders.slice(at, at + CONFIRMED_AT_ONCE));
  }
  return orders.length;
}

async function confirmAll(db: Database, screeningId: number, orders: { orderId: string; correlationId: string }[]) {
  await db.transaction(async (tx) => {
    for (const { orderId, correlationId } of orders) {
      const awaiting = await awaitPayment(tx, { screeningId, orderId });
      if (awaiting.outcome !== 'awaiting') continue;
      await confirmPaid(tx, { screeningId, orderId, paidCents: awaiting.totalCents, correlationId });
      await tx.rows(PAID_WITHOUT_PROVIDER, [
        screeningId,
        newShardedId(screeningId),
        orderId,
        awaiting.totalCents,
        correlationId,
      ]);
    }
    // The facts stay on record as told: sixty invented people need no confirmation by e-mail.
    await tx.rows(TOLD, [orders.map((order) => order.correlationId)]);
  });
}

/** Small groups side by side, most of them in the back half, as people sit. The same screening gets the same ones. */
function groupsOf(plan: SeatPlan, screeningId: number): number[][] {
  const digest = createHash('sha256').update(String(screeningId)).digest();
  const rows = Map.groupBy(
    plan.seats.filter((seat) => seat.kind === 'standard'),
    (seat) => seat.y,
  );
  const ordered = [...rows.keys()].sort((a, b) => a - b);
  const count = 2 + (digest[0]! % (ORDERS_PER_SCREENING_MAX - 1));
  const taken = new Set<number>();
  return Array.from({ length: count }, (_, index) => {
    const byte = (offset: number) => digest[(index * 2 + offset) % digest.length]!;
    const back = Math.floor(ordered.length * (0.35 + (byte(0) % 60) / 100));
    const row = rows.get(ordered[Math.min(back, ordered.length - 1)]!)!;
    const size = 1 + (byte(1) % 4);
    const start = (byte(0) * 5 + byte(1)) % Math.max(1, row.length - size);
    return row
      .slice(start, start + size)
      .map((seat) => seat.no)
      .filter((no) => !taken.has(no) && taken.add(no));
  }).filter((group) => group.length > 0);
}

async function demoBuyers(db: Database): Promise<Buyer[]> {
  const keys = Array.from({ length: BUYERS }, (_, index) =>
    createHash('sha256').update(`demo buyer ${index}`).digest().subarray(0, 16),
  );
  await db.rows(ADD_BUYERS, [keys.map(() => newId()), keys]);
  return db.rows<Buyer>(FIND_BUYERS, [keys]);
}

const ADD_BUYERS = sql`
  insert into accounts.accounts (account_id, email, name, buyer_key)
  select id, 'plateia' || nth || '@poltrona.example', 'Plateia ' || nth, key
    from unnest($1::uuid[], $2::bytea[]) with ordinality as buyer(id, key, nth)
  on conflict do nothing`;
const FIND_BUYERS = sql`
  select account_id as "accountId", buyer_key as "buyerKey" from accounts.accounts
   where buyer_key = any ($1) order by email`;
const UNSOLD = sql`
  select s.screening_id as "screeningId", p.plan
    from screenings.screenings as s
    join catalog.theaters as t using (theater_id)
    join catalog.seat_plans as p using (seat_plan_id)
   where t.registry_no like 'DEMO-%'
     and s.status = 'on_sale' and s.sales_open_at <= now() and s.sales_close_at > now() + interval '5 minutes'
     and s.starts_at < now() + make_interval(days => $1)
     and not exists (
       select from orders.orders as o where o.screening_id = s.screening_id and o.buyer_id = any ($2::uuid[]))
   order by s.starts_at`;
/** No provider moved money, so staff can refund these orders without one. */
const PAID_WITHOUT_PROVIDER = sql`
  insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, amount_cents, state,
    idempotency_key, provider_payment_id, captured_cents, captured_currency, fulfilment, pay_until, next_check_at,
    correlation_id, captured_at)
  select $1::integer, $2::uuid, o.order_id, o.buyer_id, 'none', 'none', $4::integer, 'captured', 'none-' || $2,
         'none-' || $2, $4, 'BRL', 'paid', now(), now(), $5::uuid, now()
    from orders.orders as o where o.screening_id = $1 and o.order_id = $3`;
const TOLD = sql`
  update outbox.messages set published_at = now() where correlation_id = any ($1::uuid[]) and published_at is null`;
