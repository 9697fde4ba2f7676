import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ORDER_STATES, type OrderState } from '#contracts/outcomes';
import { newShardedId } from '#platform/ids';
import { aScreening, ID_BEYOND_INT4 } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import {
  awaitPayment,
  changeKinds,
  confirmPaid,
  expireOrders,
  listOrders,
  ORDER_EVENTS,
  ORDER_MOVES,
  type OrderEvent,
  readOrder,
  refundOrder,
  releaseOrder,
} from './index.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

type Held = Awaited<ReturnType<typeof aHeldOrder>>;
const pay = (order: Held, paidCents = order.totalCents) =>
  db.transaction((tx) => confirmPaid(tx, { ...order, paidCents }));
const release = (order: Held) => db.transaction((tx) => releaseOrder(tx, order));
const refund = (order: Held) => db.transaction((tx) => refundOrder(tx, { ...order, reason: 'test' }));
const begin = async (order: Held) => (await db.transaction((tx) => awaitPayment(tx, order))).outcome;
const stateOf = async (order: Held) =>
  (await db.row<{ state: OrderState }>('select state from orders.orders where order_id = $1', [order.orderId]))!.state;
const seatsOf = async (screeningId: number) =>
  (
    await db.rows<{ state: string }>('select state from holds.tickets where screening_id = $1 order by seat_no', [
      screeningId,
    ])
  ).map((row) => row.state);
/** What ten tickets more of the same buyer are answered: how many count already. */
const countedOf = async (order: Held) => {
  const seats = Array.from({ length: 10 }, (_, index) => index + 100);
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents)
     select $1, no, 3200 from unnest($2::smallint[]) as no on conflict do nothing`,
    [order.screeningId, seats],
  );
  const wish = aWish(order.screeningId, seats, { buyerId: order.buyerId, buyerKey: order.buyerKey });
  const answer = await holdNow(holder, wish);
  return answer.outcome === 'limit_reached' ? answer.already : answer.outcome;
};
const factsOf = async (order: Held) =>
  (
    await db.rows<{ topic: string }>(
      `select topic from outbox.messages where payload ->> 'orderId' = $1 order by occurred_at`,
      [order.orderId],
    )
  ).map((row) => row.topic);

const MOVES: Record<OrderEvent, (order: Held) => Promise<unknown>> = {
  payment_started: begin,
  paid: (order) => pay(order),
  hold_ended: () => expireOrders(db, 100),
  released: release,
  refunded: refund,
};

/** An order that went the ordinary way to a state. */
async function anOrderIn(state: OrderState): Promise<Held> {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 3 });
  const order = await aHeldOrder(holder, screeningId, [1, 2]);
  if (state === 'awaiting_payment') await begin(order);
  if (state === 'paid' || state === 'refunded') await pay(order);
  if (state === 'refunded') await refund(order);
  if (state === 'cancelled') await release(order);
  if (state === 'expired') {
    await letTimePass(db, order.orderId, 120);
    await expireOrders(db, 100);
  }
  assert.equal(await stateOf(order), state);
  return order;
}

for (const state of ORDER_STATES) {
  test(`every event on a ${state} order does what the table says, and what is refused changes nothing`, async () => {
    for (const event of ORDER_EVENTS) {
      const order = await anOrderIn(state);
      if (event === 'hold_ended') await letTimePass(db, order.orderId, 120);
      const before = await seatsOf(order.screeningId);
      await MOVES[event](order);
      const expected = ORDER_MOVES[state][event];
      assert.equal(await stateOf(order), expected ?? state, `${state} + ${event}`);
      if (expected === null) assert.deepEqual(await seatsOf(order.screeningId), before, `${state} + ${event}`);
    }
  });
}

test('paying sells the seats, counts them for ever, issues tickets, tells one fact, once', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 4 });
  const order = await aHeldOrder(holder, screeningId, [2, 3]);
  assert.equal(await begin(order), 'awaiting');
  assert.equal(await pay(order), 'paid');
  assert.equal(await pay(order), 'already_paid');
  assert.deepEqual(await seatsOf(screeningId), ['available', 'sold', 'sold', 'available']);
  await db.rows(`update orders.orders set seats_until = now() - interval '1 hour' where order_id = $1`, [
    order.orderId,
  ]);
  assert.equal(await countedOf(order), 2, 'whatever the time');
  const issued = 'select seat_no from tickets.issued where order_id = $1 order by seat_no';
  const tickets = await db.rows(issued, [order.orderId]);
  assert.deepEqual(tickets, [{ seat_no: 2 }, { seat_no: 3 }]);
  assert.deepEqual(await factsOf(order), ['order_paid']);
});

test('the buyer sees the old countdown while the seats wait a minute longer for the money', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [1]);
  const awaiting = await db.transaction((tx) => awaitPayment(tx, order));
  assert.ok(awaiting.outcome === 'awaiting');
  assert.equal(awaiting.heldUntil.toISOString(), new Date(order.heldUntil).toISOString());
  assert.equal(awaiting.totalCents, order.totalCents);
  const row = await db.row<{ ms: number }>(
    `select (extract(epoch from t.held_until - o.held_until) * 1000)::integer as ms from holds.tickets t
      join orders.orders o using (order_id) where order_id = $1`,
    [order.orderId],
  );
  assert.equal(row!.ms, 60_000);
});

test('a wrong amount sells nothing, and an unknown order is said to be unknown', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [1]);
  assert.equal(await pay(order, order.totalCents - 1), 'amount_mismatch');
  assert.equal(await stateOf(order), 'held');
  assert.equal(await pay({ ...order, orderId: newShardedId(screeningId) }), 'order_unknown');
  assert.equal(await release({ ...order, orderId: newShardedId(screeningId) }), 'order_unknown');
});

test('money after the hold ended: the same seats if nobody took them, though the worker has freed them', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 2 });
  const order = await aHeldOrder(holder, screeningId, [1, 2], { kind: 'half_senior' });
  await letTimePass(db, order.orderId, 120);
  assert.equal(await expireOrders(db, 100), 1);
  assert.deepEqual(await seatsOf(screeningId), ['available', 'available']);
  assert.equal(await begin(order), 'order_expired');
  assert.equal(await pay(order), 'paid');
  const sold = await db.rows('select kind, charged_cents, fee_cents from holds.tickets where order_id = $1', [
    order.orderId,
  ]);
  assert.deepEqual(sold[0], { kind: 'half_senior', charged_cents: 1600, fee_cents: 160 });
  assert.deepEqual(await factsOf(order), ['order_expired', 'order_paid']);
});

test('money after the hold ended and one seat went to somebody else: seats gone, and the other keeps it', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 2 });
  const order = await aHeldOrder(holder, screeningId, [1, 2]);
  await letTimePass(db, order.orderId, 1);
  const other = await aHeldOrder(holder, screeningId, [2]);
  assert.equal(await pay(order), 'seats_gone');
  assert.equal(await pay(other), 'paid');
  assert.deepEqual(await seatsOf(screeningId), ['held', 'sold']);
  assert.equal(await pay(order), 'seats_gone');
});

test('money after the hold ended cannot lift a buyer above ten', async () => {
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10 });
  const order = await aHeldOrder(holder, screeningId, [1, 2, 3]);
  await letTimePass(db, order.orderId, 1);
  const same = { buyerId: order.buyerId, buyerKey: order.buyerKey };
  await aHeldOrder(holder, screeningId, [11, 12, 13, 14, 15, 16, 17, 18], same);
  assert.equal(await pay(order), 'seats_gone');
});

test('money after the hold ended takes its half-price seats again, even above the quota; nobody else may', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 4, quota: 1 });
  const order = await aHeldOrder(holder, screeningId, [1], { kind: 'half_student' });
  await letTimePass(db, order.orderId, 1);
  const other = await aHeldOrder(holder, screeningId, [2], { kind: 'half_student' });
  assert.equal(await pay(order), 'paid');
  assert.equal(await pay(other), 'paid');
  const third = await holdNow(holder, aWish(screeningId, [3], { kind: 'half_student' }));
  assert.equal(third.outcome, 'half_price_exhausted');
});

test('a cancelled screening takes no money: the seats are gone', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [1]);
  await db.rows(`update screenings.screenings set status = 'cancelled' where screening_id = $1`, [screeningId]);
  assert.equal(await pay(order), 'seats_gone');
});

test('many payments in one call: each gets its answer, rivals for a seat are settled one after the other', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 4 });
  const first = await aHeldOrder(holder, screeningId, [1, 2]);
  await letTimePass(db, first.orderId, 1);
  const second = await aHeldOrder(holder, screeningId, [2, 3]);
  await letTimePass(db, second.orderId, 1);
  const third = await aHeldOrder(holder, screeningId, [4]);
  const confirm = (orders: Held[]) =>
    db.rows<{ outcome: string }>('select outcome from orders.confirm_orders($1::int[], $2::uuid[], $3::int[])', [
      orders.map((order) => order.screeningId),
      orders.map((order) => order.orderId),
      orders.map((order) => order.totalCents),
    ]);
  const outcomes = await confirm([first, second, third]);
  assert.deepEqual(outcomes, [{ outcome: 'paid' }, { outcome: 'again' }, { outcome: 'paid' }]);
  assert.deepEqual(await confirm([second]), [{ outcome: 'seats_gone' }]);
});

test('a released order frees its seats and its place in the limit, and never the seats of others', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 10 });
  const order = await aHeldOrder(holder, screeningId, [1, 2]);
  await letTimePass(db, order.orderId, 1);
  await aHeldOrder(holder, screeningId, [2]);
  assert.equal(await release(order), 'ended');
  assert.deepEqual((await seatsOf(screeningId)).slice(0, 2), ['available', 'held']);
  assert.equal(await countedOf(order), 'held');
  assert.equal(await release(order), 'refused');
  assert.deepEqual(await factsOf(order), ['order_cancelled']);
});

test('a refund frees the seats for the next buyer and revokes the tickets', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 2 });
  const order = await aHeldOrder(holder, screeningId, [1, 2]);
  await pay(order);
  assert.equal(await refund(order), 'ended');
  const next = await aHeldOrder(holder, screeningId, [1, 2]);
  assert.equal(await pay(next), 'paid');
  const revoked = await db.row<{ n: number }>(
    'select count(*) as n from tickets.issued where order_id = $1 and revoked_at is not null',
    [order.orderId],
  );
  assert.equal(revoked!.n, 2);
  assert.equal(await refund(order), 'refused');
});

test('expiry waits for the grace of a payment on its way, and takes at most the limit', async () => {
  await expireOrders(db, 100);
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 3 });
  const order = await aHeldOrder(holder, screeningId, [1]);
  await begin(order);
  await db.rows(`update orders.orders set held_until = now() - interval '1 second' where order_id = $1`, [
    order.orderId,
  ]);
  assert.equal(await expireOrders(db, 100), 0);
  const more = [await aHeldOrder(holder, screeningId, [2]), await aHeldOrder(holder, screeningId, [3])];
  for (const held of more) await letTimePass(db, held.orderId, 1);
  assert.equal(await expireOrders(db, 1), 1);
  assert.equal(await expireOrders(db, 100), 1);
});

test('other kinds for the same seats change price and total, within the quota and only while held', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 6, quota: 2 });
  const order = await aHeldOrder(holder, screeningId, [1, 2, 3]);
  const change = (kinds: readonly string[], seatNos = [1, 2, 3]) =>
    db.transaction((tx) =>
      changeKinds(tx, { ...order, seats: seatNos.map((seatNo, index) => ({ seatNo, kind: kinds[index] as 'full' })) }),
    );
  const three = ['half_student', 'half_id_jovem', 'half_disability'];
  assert.equal(await change(three), 'half_price_exhausted');
  assert.equal(await change(['half_student', 'half_senior', 'half_student']), 'changed');
  assert.equal(await change(['half_student', 'half_student', 'full']), 'changed', 'its own are not counted');
  assert.equal((await readOrder(db, order))!.totalCents, 1760 * 2 + 3520);
  const rival = await holdNow(holder, aWish(screeningId, [4], { kind: 'half_student' }));
  assert.equal(rival.outcome, 'half_price_exhausted');
  assert.equal(await change(['full', 'full'], [1, 2]), 'seats_differ');
  await begin(order);
  assert.equal(await change(['full', 'full', 'full']), 'order_not_changeable');
});

test('a view has labels, local time, the total and a history, and is nobody else’s', async () => {
  const { screeningId } = await aScreening(db, { startsAt: new Date('2030-01-02T02:30:00Z') });
  const order = await aHeldOrder(holder, screeningId, [12, 11]);
  await pay(order);
  const view = await readOrder(db, order);
  assert.deepEqual(view!.seatLabels, ['B1', 'B2']);
  assert.deepEqual([view!.screening.localDate, view!.screening.localTime], ['2030-01-01', '23:30']);
  assert.deepEqual(
    view!.history.map((entry) => entry.event),
    ['held', 'paid'],
  );
  assert.equal(await readOrder(db, { orderId: order.orderId, buyerId: aWish(1, [1]).buyerId }), null);
  assert.equal(await readOrder(db, { orderId: 'not an id' }), null);
  assert.equal(await readOrder(db, { orderId: ID_BEYOND_INT4 }), null);
  assert.equal((await listOrders(db, { buyerId: order.buyerId, limit: 10 }))[0]!.orderId, order.orderId);
});

test('a hold whose time has passed is shown as expired before anybody has written it down', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [1]);
  await letTimePass(db, order.orderId, 1);
  assert.equal(await stateOf(order), 'held');
  assert.equal((await readOrder(db, order))!.state, 'expired');
});
