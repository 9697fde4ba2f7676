import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANNED_SEATS_AT_ONCE, sliceBySeats } from './plan-seats.ts';

const halls = (...seats: number[]) => seats.map((seatsTotal, id) => ({ id, seatsTotal }));
const ids = (slices: { id: number }[][]) => slices.map((slice) => slice.map((hall) => hall.id));

test('auditoriums are planned in slices of so many seats, in order, and none is left out', () => {
  assert.deepEqual(ids(sliceBySeats(halls(40, 60, 1, 99, 1), 100)), [[0, 1], [2, 3], [4]]);
  assert.deepEqual(ids(sliceBySeats(halls(10, 500, 10), 100)), [[0], [1], [2]]);
  assert.deepEqual(sliceBySeats([], 100), []);
});

test('a chunk of big auditoriums never has more seats in memory than the limit', () => {
  const slices = sliceBySeats(
    halls(...Array.from({ length: 500 }, (_, at) => 100 + (at % 900))),
    PLANNED_SEATS_AT_ONCE,
  );
  assert.equal(slices.flat().length, 500);
  for (const slice of slices) {
    assert.ok(slice.reduce((sum, hall) => sum + hall.seatsTotal, 0) <= PLANNED_SEATS_AT_ONCE);
  }
});
