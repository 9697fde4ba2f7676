import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import { systemClock } from '#platform/clock';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import type { SeatViewer } from './audience.ts';
import { createSeatMaps } from './seat-maps.ts';

const db = await testDatabase();
const seatMaps = await createSeatMaps({ db, log: pino({ level: 'silent' }), clock: systemClock, mapsMax: 3 });
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
