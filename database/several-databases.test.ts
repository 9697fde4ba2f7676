import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { confirmPaid, readOrder, screeningOf } from '#capabilities/orders';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aSeatHolder, aWish } from '#testing/holding';

// The rules of shard-rules.test.ts at work: two databases that know nothing of each other, and an application that tells
// by the number of a screening, or by the id of an order, which one to ask. The SQL is the product's own, unchanged.

const databases = [await testDatabase(), await testDatabase()] as const;
for (const [place, db] of databases.entries()) {
  // A directory would hand out the numbers; here each database counts its own, every other one.
  await db.rows(
    `alter table screenings.screenings alter screening_id set increment by 2 restart with ${place === 0 ? 2 : 1}`,
  );
}
const placeOf = (screeningId: number) => screeningId % databases.length;
const databaseOf = (screeningId: number): Database => databases[placeOf(screeningId)]!;
const holders = databases.map((db) => aSeatHolder(db));
after(() => Promise.all(holders.map((holder) => holder.close())));

const SEATS = 20;
const screenings = await Promise.all(
  databases.flatMap((db) => Array.from({ length: 3 }, () => aScreening(db, { rows: 2, perRow: 10 }))),
);

test('each database has its screenings, and every number says where', async () => {
  for (const [place, db] of databases.entries()) {
    const rows = await db.rows<{ id: number }>('select screening_id as id from screenings.screenings');
    assert.deepEqual([rows.length, [...new Set(rows.map(({ id }) => placeOf(id)))]], [3, [place]]);
  }
});

test('holds, keys, payments and orders find their database by the screening; each seat has one owner', async () => {
  const wishes = screenings.flatMap(({ screeningId }) =>
    Array.from({ length: SEATS * 2 }, (_, index) => aWish(screeningId, [1 + (index % SEATS)])),
  );
  const hold = (wish: (typeof wishes)[number]) => holders[placeOf(wish.screeningId)]!.hold(wish);
  const answers = await Promise.all(wishes.map(hold));
  const held = answers.flatMap((answer) => ('hold' in answer && answer.hold.outcome === 'held' ? [answer.hold] : []));
  assert.equal(held.length, screenings.length * SEATS);

  const again = await hold({ ...wishes[0]!, correlationId: newId() });
  assert.equal(again.kind, 'replay');

  for (const { orderId, lines } of held) {
    const screeningId = screeningOf(orderId)!;
    const db = databaseOf(screeningId);
    assert.equal((await readOrder(db, { orderId }))?.state, 'held');
    const elsewhere = databases[1 - placeOf(screeningId)]!;
    assert.equal(await readOrder(elsewhere, { orderId }), null);
    const paidCents = lines.reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0);
    const payment = { screeningId, orderId, paidCents, correlationId: orderId };
    assert.equal(await db.transaction((tx) => confirmPaid(tx, payment)), 'paid');
  }
  for (const db of databases) {
    const sold = await db.row<{ n: number; owners: number }>(
      `select count(*) as n, count(distinct order_id) as owners from holds.tickets where state = 'sold'`,
    );
    assert.deepEqual(sold, { n: 3 * SEATS, owners: 3 * SEATS });
  }
});
