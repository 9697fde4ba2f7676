import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, letTimePass } from '#testing/holding';
import { applyEdited, type Edit } from '#testing/racing';
import { changeKinds, confirmPaid, releaseOrder } from './index.ts';

// Each guard of the order functions is taken out of its text, and the damage must be seen; with the guard back, not.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

const CONFIRM = 'capabilities/orders/confirm-orders.fn.sql';
const MOVE = 'capabilities/orders/move-orders.fn.sql';

/** Runs the story with and without the guard. */
async function withAndWithout<T>(file: string, edits: readonly Edit[], story: () => Promise<T>) {
  const guarded = await story();
  await applyEdited(db, file, edits);
  try {
    return { guarded, unguarded: await story() };
  } finally {
    await applyEdited(db, file, []);
  }
}
const ownerOf = async (screeningId: number, seatNo: number) =>
  (await db.row<{ owner: string | null }>(
    'select order_id as owner from holds.tickets where screening_id = $1 and seat_no = $2',
    [screeningId, seatNo],
  ))!.owner;

test('control: without the owner guard late money takes the seat of somebody else', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db);
    const late = await aHeldOrder(holder, screeningId, [1]);
    await letTimePass(db, late.orderId, 1);
    const other = await aHeldOrder(holder, screeningId, [1]);
    await db.transaction((tx) => confirmPaid(tx, { ...late, paidCents: late.totalCents }));
    return (await ownerOf(screeningId, 1)) === other.orderId;
  };
  const removed: Edit = [/ *and \(t\.state = 'available'\n.*-- guard: seat owner/g, ''];
  assert.deepEqual(await withAndWithout(CONFIRM, [removed], story), { guarded: true, unguarded: false });
});

test('control: without the limit guard late money lifts a buyer above ten', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db);
    const late = await aHeldOrder(holder, screeningId, [1, 2, 3]);
    await letTimePass(db, late.orderId, 1);
    const { buyerId, buyerKey } = late;
    await aHeldOrder(holder, screeningId, [11, 12, 13, 14, 15, 16, 17, 18], { buyerId, buyerKey });
    return db.transaction((tx) => confirmPaid(tx, { ...late, paidCents: late.totalCents }));
  };
  const removed: Edit = ['> c_tickets_max then', '> 1000 then'];
  assert.deepEqual(await withAndWithout(CONFIRM, [removed], story), { guarded: 'seats_gone', unguarded: 'paid' });
});

test('control: without the rivals guard one call sells a seat to two late payers', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db);
    const late = [];
    for (let buyer = 0; buyer < 2; buyer += 1) {
      late.push(await aHeldOrder(holder, screeningId, [1]));
      await letTimePass(db, late[buyer]!.orderId, 1);
    }
    const rows = await db.rows<{ outcome: string }>('select outcome from orders.confirm_orders($1, $2, $3)', [
      late.map((order) => order.screeningId),
      late.map((order) => order.orderId),
      late.map((order) => order.totalCents),
    ]);
    return rows.map((row) => row.outcome);
  };
  const removed: Edit = [/ *when r\.meets or .*-- guard: rivals\n/g, ''];
  assert.deepEqual(await withAndWithout(CONFIRM, [removed], story), {
    guarded: ['paid', 'again'],
    unguarded: ['paid', 'paid'],
  });
});

test('control: without its own-seats guard a released order frees the seat of its successor', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db);
    const order = await aHeldOrder(holder, screeningId, [1]);
    await letTimePass(db, order.orderId, 1);
    const next = await aHeldOrder(holder, screeningId, [1]);
    await db.transaction((tx) => releaseOrder(tx, order));
    return (await ownerOf(screeningId, 1)) === next.orderId;
  };
  const removed: Edit = [' and t.order_id = o.order_id -- guard: only its own seats', ''];
  assert.deepEqual(await withAndWithout(MOVE, [removed], story), { guarded: true, unguarded: false });
});

test('control: without the quota guard a held order becomes half price beyond the quota', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db, { quota: 1 });
    const order = await aHeldOrder(holder, screeningId, [1, 2]);
    const seats = [1, 2].map((seatNo) => ({ seatNo, kind: 'half_student' as const }));
    return db.transaction((tx) => changeKinds(tx, { ...order, seats }));
  };
  const removed: Edit = ['and v_wanted > 0 then -- guard: quota', 'and false then'];
  assert.deepEqual(await withAndWithout(MOVE, [removed], story), {
    guarded: 'half_price_exhausted',
    unguarded: 'changed',
  });
});
