import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { applyEdited } from '#testing/racing';
import { blockSeats } from './index.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

const block = (screeningId: number, seatNos: number[], blocked = true) =>
  db.transaction((tx) => blockSeats(tx, { screeningId, seatNos, blocked }));

test('blocked seats cannot be held until they are put back on sale', async () => {
  const { screeningId } = await aScreening(db);
  assert.deepEqual(await block(screeningId, [1, 2]), { outcome: 'done' });
  assert.equal((await holdNow(holder, aWish(screeningId, [2, 3]))).outcome, 'seat_taken');
  assert.deepEqual(await block(screeningId, [1, 2]), { outcome: 'done' });
  await block(screeningId, [2], false);
  assert.equal((await holdNow(holder, aWish(screeningId, [2, 3]))).outcome, 'held');
});

test('a held seat is never taken away, and none of the others is blocked; an expired hold does not count', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [2]);
  assert.deepEqual(await block(screeningId, [1, 2]), { outcome: 'seat_taken', seatNos: [2] });
  assert.deepEqual(await block(screeningId, [2], false), { outcome: 'seat_taken', seatNos: [2] });
  assert.deepEqual(await block(screeningId, [1, 999]), { outcome: 'seat_unknown' });
  const row = await db.row('select state from holds.tickets where screening_id = $1 and seat_no = 1', [screeningId]);
  assert.deepEqual(row, { state: 'available' });
  await letTimePass(db, order.orderId, 1);
  assert.deepEqual(await block(screeningId, [2]), { outcome: 'done' });
});

test('control: without the guard of owned seats a held seat is blocked under its buyer', async () => {
  const { screeningId } = await aScreening(db);
  await aHeldOrder(holder, screeningId, [2]);
  const file = 'capabilities/holds/block-seats.fn.sql';
  await applyEdited(db, file, [[/where t\.state = 'sold' or .*-- guard: owned seats/g, 'where false)']]);
  assert.deepEqual(await block(screeningId, [2]), { outcome: 'done' });
  await applyEdited(db, file, []);
});
