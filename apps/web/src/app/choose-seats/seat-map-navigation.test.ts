import assert from 'node:assert/strict';
import test from 'node:test';
import type { PlannedSeat } from '#contracts/seat-plan';
import { createSeatNavigation } from './seat-map-navigation.ts';

/** Each character is a grid place, '.' is nothing; seats are numbered left to right, front to back. */
function plan(...rows: string[]): PlannedSeat[] {
  const seats: PlannedSeat[] = [];
  rows.forEach((row, y) =>
    row.split('').forEach((mark, x) => {
      if (mark === '.') return;
      const no = seats.length + 1;
      seats.push({ no, row: String.fromCharCode(65 + y), label: `${no}`, x, y, kind: 'standard' });
    }),
  );
  return seats;
}

test('left and right jump over the aisle and stop at the walls', () => {
  const go = createSeatNavigation(plan('ss..ss'));
  assert.equal(go.toward(2, 'right'), 3);
  assert.equal(go.toward(3, 'left'), 2);
  assert.equal(go.toward(1, 'left'), 1);
  assert.equal(go.toward(4, 'right'), 4);
});

test('up and down take the seat nearest in the next row, over empty rows, and stop at screen and back wall', () => {
  const go = createSeatNavigation(plan('..ss..', '......', 'ssssss'));
  assert.equal(go.toward(1, 'down'), 5);
  assert.equal(go.toward(3, 'up'), 1);
  assert.equal(go.toward(8, 'up'), 2);
  assert.equal(go.toward(1, 'up'), 1);
  assert.equal(go.toward(8, 'down'), 8);
});

test('home and end reach the ends of the row and leave other rows alone', () => {
  const go = createSeatNavigation(plan('sss', 'ss.ss'));
  assert.equal(go.rowStart(6), 4);
  assert.equal(go.rowEnd(4), 7);
  assert.equal(go.rowEnd(1), 3);
});

test('the keyboard enters in the middle of a good row', () => {
  assert.equal(
    createSeatNavigation(plan('sss', 'sss', 'sss', 'sss')).entry(() => true),
    5,
  );
});

test('the keyboard enters at a free seat near the middle, never at a taken one, and in the middle of a full room', () => {
  const go = createSeatNavigation(plan('sss', 'sss', 'sss', 'sss'));
  assert.equal(
    go.entry((seat) => seat.no !== 5),
    4,
  );
  assert.equal(
    go.entry((seat) => seat.y !== 1),
    2,
  );
  assert.equal(
    go.entry((seat) => seat.no === 12),
    12,
  );
  assert.equal(
    go.entry(() => false),
    5,
  );
});

test('every seat can be reached by arrows from every other', () => {
  const seats = plan('.ss..ss.', 'sss..sss', '...ss...', 'ssssssss');
  const go = createSeatNavigation(seats);
  const seen = new Set([1]);
  const open = [1];
  for (let no = open.pop(); no !== undefined; no = open.pop()) {
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      const next = go.toward(no, direction);
      if (!seen.has(next)) open.push(next);
      seen.add(next);
    }
  }
  assert.equal(seen.size, seats.length);
});
