import assert from 'node:assert/strict';
import test from 'node:test';
import type { DoorScreening } from '#contracts/door';
import { theatersOf, whatIsOn } from './what-is-on.ts';

const at = Date.parse('2026-11-22T19:40:00-03:00');
const screening = (startsAt: string, theaterId = 1, theaterName = 'Cine Aurora') =>
  ({ startsAt: `2026-11-22T${startsAt}:00-03:00`, theaterId, theaterName }) as DoorScreening;

test('what people are entering now stands apart from what is over and what comes', () => {
  const on = whatIsOn(
    ['22:00', '19:00', '14:00', '20:30', '16:00'].map((time) => screening(time)),
    at,
  );
  const times = (list: DoorScreening[]) => list.map((one) => one.startsAt.slice(11, 16));
  assert.deepEqual(times(on.now), ['19:00', '20:30']);
  assert.deepEqual(times(on.later), ['22:00']);
  assert.deepEqual(times(on.earlier), ['16:00', '14:00']);
});

test('each theater is named once', () => {
  const list = [screening('19:00', 2, 'Lua'), screening('20:00', 2, 'Lua'), screening('20:00', 1, 'Aurora')];
  assert.deepEqual(theatersOf(list), [
    { theaterId: 1, name: 'Aurora' },
    { theaterId: 2, name: 'Lua' },
  ]);
});
