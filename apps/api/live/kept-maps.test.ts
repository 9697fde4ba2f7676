import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import { systemClock } from '#platform/clock';
import type { Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, letTimePass } from '#testing/holding';
import { getSeat } from '#contracts/seat-states';
import { until } from '../reading/testing.ts';
import type { SeatViewer } from './audience.ts';
import type { SeatMap } from './seat-map.ts';
import { createSeatMaps } from './seat-maps.ts';

const db = await testDatabase();
const log = pino({ level: 'silent' });
const seatMaps = await createSeatMaps({ db, log, clock: systemClock, mapsMax: 3 });
const viewer: SeatViewer = { send: () => true, ready: () => {} };
after(() => seatMaps.close());

test('beyond its number the map that nobody asked for goes: not a watched one, and not the one just asked for', async () => {
  const ids: number[] = [];
  for (let n = 0; n < 9; n += 1) ids.push((await aScreening(db)).screeningId);
  const [watched, often, ...others] = ids as [number, number, ...number[]];
  const leave = await seatMaps.watch(watched, viewer);
  await seatMaps.get(often);
  for (const id of others) {
    assert.ok(await seatMaps.get(id));
    assert.ok(seatMaps.peek(id), 'the one just asked for is kept');
    assert.ok(seatMaps.peek(watched), 'a watched one is kept');
    seatMaps.peek(often);
  }
  const kept = ids.filter((id) => seatMaps.peek(id) !== null);
  assert.ok(kept.length <= 3, `${kept.length} kept`);
  leave?.();
});

test('when all are watched, one more is kept all the same, and asking ends', async () => {
  const ids: number[] = [];
  for (let n = 0; n < 5; n += 1) ids.push((await aScreening(db)).screeningId);
  const leaves = await Promise.all(ids.map((id) => seatMaps.watch(id, viewer)));
  for (const id of ids) assert.ok(seatMaps.peek(id));
  for (const leave of leaves) leave?.();
});

test('a map that could not be read again is not shown, however often it is asked for, until it could', async () => {
  const { screeningId } = await aScreening(db);
  let [down, now] = [false, 1_000_000];
  const ask = <T>(answer: () => Promise<T>): Promise<T> => (down ? Promise.reject(new Error('down')) : answer());
  const shaky: Database = {
    ...db,
    row: (...args) => ask(() => db.row(...args)),
    rows: (...args) => ask(() => db.rows(...args)),
  };
  const maps = await createSeatMaps({ db: shaky, log, clock: { now: () => new Date(now) } });
  after(() => maps.close());
  await maps.get(screeningId);
  down = true;
  now += 121_000;
  assert.ok(maps.peek(screeningId), 'it is time to read again, and the old one holds until that is done');
  await until('the failure is known', async () => maps.peek(screeningId) === null);
  for (let tries = 0; tries < 3; tries += 1) {
    await assert.rejects(maps.get(screeningId), /down/);
    assert.equal(maps.peek(screeningId), null);
  }
  down = false;
  assert.ok(await maps.get(screeningId));
  assert.ok(maps.peek(screeningId));
});

test('what is told while a reading fails is in the map, and not told again after newer rows', async () => {
  const { screeningId } = await aScreening(db);
  const holder = aSeatHolder(db);
  after(() => holder.close());
  let now = 1_000_000;
  let fail: (() => void) | null = null;
  const failing = new Promise<never>((_, reject) => (fail = () => reject(new Error('down'))));
  let hanging = false;
  const row: Database['row'] = (...args) => (hanging ? failing : db.row(...args));
  const maps = await createSeatMaps({ db: { ...db, row }, log, clock: { now: () => new Date(now) } });
  after(() => maps.close());
  const map = (await maps.get(screeningId))!;
  hanging = true;
  now += 121_000;
  maps.peek(screeningId); // Reads again, and waits.
  const other = (await seatMaps.get(screeningId))!;
  const state = (of: SeatMap) => getSeat(of.states(), 1);
  const order = await aHeldOrder(holder, screeningId, [1]);
  await until('the others know', async () => state(other) !== 0);
  assert.equal(state(map), 0);
  fail!();
  await until('so does this one', async () => {
    now += 1_000;
    return state(map) !== 0;
  });
  hanging = false;
  await letTimePass(db, order.orderId, 60);
  const read = (await maps.get(screeningId))!;
  now += 1_000; // A new version comes after an interval only.
  assert.equal(state(read), 0, 'the hold is over: an old notice must not be told after the rows');
});

test('maps whose time has come together are read again one after the other, looked at or only watched', async () => {
  const ids: number[] = [];
  for (let n = 0; n < 6; n += 1) ids.push((await aScreening(db)).screeningId);
  let [now, reading, most, readings] = [1_000_000, 0, 0, 0];
  const row: Database['row'] = async (...args) => {
    readings += 1;
    reading += 1;
    most = Math.max(most, reading);
    const found = await db.row<never>(...args);
    reading -= 1;
    return found;
  };
  const maps = await createSeatMaps({ db: { ...db, row }, log, clock: { now: () => new Date(now) } });
  after(() => maps.close());
  for (const id of ids) await maps.get(id);
  const leave = await maps.watch(ids[0]!, viewer);
  [most, readings] = [0, 0];
  now += 121_000;
  for (let turn = 1; turn <= ids.length; turn += 1) {
    for (const id of ids.slice(1)) assert.ok(maps.peek(id), 'the old one holds meanwhile');
    await until('one more was read', async () => readings === turn && reading === 0);
    now += 30;
  }
  for (const id of ids) maps.peek(id);
  assert.deepEqual([most, readings], [1, ids.length]);
  leave?.();
});
