import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Queryable } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { createOccupancy } from './index.ts';

const db = await testDatabase();
let nowMs = Date.now();
const clock = { now: () => new Date(nowMs) };

/** Counts its queries, and lets a test stop them. */
function aCountingDb() {
  const gate = { queries: 0, open: Promise.resolve() };
  const counting: Queryable = {
    ...db,
    rows: async (text, values) => {
      gate.queries += 1;
      const rows = await db.rows(text, values);
      await gate.open;
      return rows as never;
    },
  };
  return { gate, db: counting };
}
const anOccupancy = (listening = () => true, seatsMax?: number) => {
  const { gate, db: counting } = aCountingDb();
  return { gate, occupancy: createOccupancy({ db: counting, clock, listening, ...(seatsMax ? { seatsMax } : {}) }) };
};
const free = async () => (await aScreening(db, { rows: 2, perRow: 5 })).screeningId;

test('many screenings are counted by one query, once, also when a thousand ask at the same time', async () => {
  const { gate, occupancy } = anOccupancy();
  const ids = [await free(), await free(), await free()];
  assert.equal(occupancy.available(ids[0]!), null);
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => occupancy.read(ids)));
  assert.deepEqual([answers[999], gate.queries], [[10, 10, 10], 1]);
  assert.deepEqual(occupancy.stats(), { screenings: 3, seats: 30 });
});

test('notices move the count, twice the same is harmless, and other screenings are left alone', async () => {
  const { occupancy } = anOccupancy();
  const [id, other] = [await free(), await free()];
  await occupancy.read([id, other]);
  const soon = nowMs + 60_000;
  const sold = `${id},1,2,0,0,${id},2,1,0,${soon}`;
  occupancy.hear(sold);
  occupancy.hear(sold);
  assert.deepEqual([occupancy.available(id), occupancy.available(other)], [8, 10]);
  occupancy.hear(`${id},3,3,0,0,${id},1,0,0,0`);
  assert.equal(occupancy.available(id), 8);
});

test('a hold is free again when its time has passed, without a notice', async () => {
  const { occupancy } = anOccupancy();
  const holder = aSeatHolder(db, 60);
  const id = await free();
  await aHeldOrder(holder, id, [1, 2, 3]);
  await holder.close();
  assert.deepEqual(await occupancy.read([id]), [7]);
  nowMs += 59_000;
  assert.equal(occupancy.available(id), 7);
  nowMs += 2_000;
  assert.equal(occupancy.available(id), 10);
});

test('a notice that comes while the rows are read is applied after them', async () => {
  const { gate, occupancy } = anOccupancy();
  const id = await free();
  let open = () => {};
  gate.open = new Promise((resolve) => (open = resolve));
  const reading = occupancy.read([id]);
  occupancy.hear(`${id},1,2,0,0`);
  open();
  assert.deepEqual(await reading, [9]);
});

test('what is forgotten while it is read is read again', async () => {
  const { gate, occupancy } = anOccupancy();
  const id = await free();
  let open = () => {};
  gate.open = new Promise((resolve) => (open = resolve));
  const reading = occupancy.read([id]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await db.rows('delete from holds.tickets where screening_id = $1 and seat_no = 10', [id]);
  occupancy.forget([id]);
  open();
  assert.deepEqual([await reading, gate.queries], [[9], 2]);
});

test('while notices do not arrive, a count holds a moment and is then read again', async () => {
  let listening = true;
  const { gate, occupancy } = anOccupancy(() => listening);
  const id = await free();
  await occupancy.read([id]);
  nowMs += 10_000;
  assert.equal(occupancy.available(id), 10);
  listening = false;
  assert.equal(occupancy.available(id), null);
  assert.deepEqual([await occupancy.read([id]), gate.queries], [[10], 2]);
  nowMs += 99;
  assert.equal(occupancy.available(id), 10);
  nowMs += 1;
  assert.equal(occupancy.available(id), null);
});

test('never more seats are kept than stated; the longest unasked screenings go', async () => {
  const { occupancy } = anOccupancy(() => true, 30);
  const ids = [await free(), await free(), await free(), await free()];
  for (const id of ids.slice(0, 3)) await occupancy.read([id]);
  await occupancy.read([ids[0]!]);
  await occupancy.read([ids[3]!]);
  assert.equal(occupancy.stats().seats, 30);
  assert.deepEqual(
    ids.map((id) => occupancy.available(id)),
    [10, null, 10, 10],
  );
});

test('a screening without tickets has none free; a seat registered later is counted', async () => {
  const { occupancy } = anOccupancy();
  assert.deepEqual(await occupancy.read([2_000_000]), [0]);
  occupancy.hear('2000000,4,0,0,0');
  assert.equal(occupancy.available(2_000_000), 1);
});
