import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seatPlan } from '#testing/builders';
import { loneSeats } from './lone-seat.ts';
import { packedLength, setSeat } from './seat-states.ts';

/** A row as text: '.' free, 'x' taken, 'm' my choice, ' ' an aisle. Gives the numbers of the lone seats. */
function alone(row: string): number[] {
  const plan = seatPlan(1, row.length);
  plan.seats = plan.seats.filter((seat) => row[seat.no - 1] !== ' ');
  const states = new Uint8Array(packedLength(row.length));
  row.split('').forEach((sign, index) => sign === 'x' && setSeat(states, index + 1, 2));
  return loneSeats(
    plan,
    states,
    row.split('').flatMap((sign, index) => (sign === 'm' ? [index + 1] : [])),
  );
}

test('a seat left between my choice and a taken seat, a wall, an aisle or my own choice is alone', () => {
  assert.deepEqual(alone('xxm.x.'), [4]);
  assert.deepEqual(alone('..m.'), [4]);
  assert.deepEqual(alone('..m. ..'), [4]);
  assert.deepEqual(alone('..m.m..'), [4]);
});

test('two seats left together are not alone, nor is one that was alone before', () => {
  assert.deepEqual(alone('mm..x'), []);
  assert.deepEqual(alone('x.x.mm'), [4]);
  assert.deepEqual(alone('x.xmm..'), []);
  assert.deepEqual(alone('m m..'), []);
});

test('control: a choice that takes the last seat beside leaves nobody', () => {
  assert.deepEqual(alone('xmmx'), []);
});
