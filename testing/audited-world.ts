import assert from 'node:assert/strict';
import type { SeatHolder } from '#capabilities/holds';
import { releaseOrder } from '#capabilities/orders';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { orderIdOf } from './audit-counts.ts';
import type { Ledger, Receipt } from './auditor.ts';
import { aBuyer, aScreening } from './builders.ts';
import { aHeldOrder } from './holding.ts';
import { type aTill, payByCard } from './paying.ts';

/** Some sales made by the product itself, with what their buyers were told and the provider's books. */
export type World = {
  screeningId: number;
  receipts: Receipt[];
  ledger: Ledger;
  held: string;
  paid: string;
  refunded: string;
};

type Till = Awaited<ReturnType<typeof aTill>>;

/** Ana holds 1 and 2; Bia paid for 3 and 4; Caio paid for 5 and got his money back; Davi gave 6 back. */
export async function soundWorld(db: Database, holder: SeatHolder, till: Till): Promise<World> {
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10, quota: 2 });
  const receipts: Receipt[] = [];
  const hold = async (buyer: string, seatNos: number[], seed: number) => {
    const { accountId: buyerId, buyerKey } = aBuyer(seed);
    const order = await aHeldOrder(holder, screeningId, seatNos, { buyerId, buyerKey });
    const { orderId, key, totalCents, heldUntil } = order;
    const receipt: Receipt = {
      screeningId,
      buyer,
      orderId,
      seatNos,
      told: 'held',
      totalCents,
      heldUntil,
      buyerId,
      key,
    };
    receipts.push(receipt);
    return receipt;
  };
  const pay = async (receipt: Receipt) => {
    const started = await till.payments.start({
      orderId: receipt.orderId,
      buyerId: receipt.buyerId!,
      method: 'card',
    });
    assert.ok(started.outcome === 'started');
    await payByCard(till, started.attempt.clientSecret!);
    await till.payments.refresh({ attemptId: started.attempt.attemptId, buyerId: receipt.buyerId! });
    receipt.told = 'paid';
  };
  const ana = await hold('Ana', [1, 2], 101);
  const bia = await hold('Bia', [3, 4], 102);
  await pay(bia);
  const caio = await hold('Caio', [5], 103);
  await pay(caio);
  const back = { orderId: caio.orderId, amountCents: null, reason: 'ill', requestedBy: newId(), requestKey: newId() };
  assert.equal((await till.payments.refund(back)).outcome, 'refunded');
  Object.assign(caio, { told: 'refunded', asked: ['refund'] });
  const davi = await hold('Davi', [6], 104);
  await db.transaction((tx) => releaseOrder(tx, { screeningId, orderId: davi.orderId, correlationId: newId() }));
  Object.assign(davi, { told: 'cancelled', asked: ['cancel'] });
  const answer = await fetch(`${till.sandbox.url}/sandbox/ledger`);
  const { orders } = (await answer.json()) as { orders: Ledger };
  const mine = new Set(receipts.map((receipt) => receipt.orderId));
  const ledger = Object.fromEntries(Object.entries(orders).filter(([orderId]) => mine.has(orderId)));
  return { screeningId, receipts, ledger, held: ana.orderId, paid: bia.orderId, refunded: caio.orderId };
}

export type SecondOrder = [seatNo: number, buyerSeed: number, serial: number, copies?: number, key?: string];

/** One more order that the product did not make, of `copies` neighbouring seats; its id is right for its buyer. */
export async function plantOrder(db: Database, screeningId: number, ...order: SecondOrder): Promise<string> {
  const [seatNo, buyerSeed, serial, copies = 1, key = newId()] = order;
  const { buyerKey } = aBuyer(buyerSeed);
  const orderId = orderIdOf(screeningId, buyerKey.toString('hex'), serial);
  await db.rows(
    `insert into orders.orders (screening_id, order_id, buyer_id, buyer_key, state, seat_nos, kinds, price_cents,
       seat_count, tickets_cents, fee_cents, total_cents, fee_basis_points, held_until, seats_until, correlation_id,
       key_hash, body_hash)
     select $1, $2, $3, $4, 'held', array_agg($5::int + n), array_agg('courtesy'::holds.ticket_kind), array_agg(100),
       count(*), 0, 0, 0, 1000, now() + interval '5 minutes', now() + interval '5 minutes', $3,
       ('x' || left(encode(sha256(convert_to($7, 'UTF8')), 'hex'), 16))::bit(64)::bigint, 0
       from generate_series(0, $6::int - 1) as n`,
    [screeningId, orderId, newId(), buyerKey, seatNo, copies, key],
  );
  return orderId;
}
