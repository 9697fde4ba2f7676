import assert from 'node:assert/strict';
import test from 'node:test';
import { setSeat } from '../../contracts.ts';
import { countSeats, pressSeat, stillPossible } from './seat-choice.ts';

// Seats 1 and 2 free, 3 held, 4 sold, 5 blocked.
function room(): Uint8Array {
  const states = new Uint8Array(2);
  [0, 0, 1, 2, 3].forEach((state, index) => setSeat(states, index + 1, state));
  return states;
}

test('counts every seat once, by its state', () => {
  assert.deepEqual(countSeats(room(), [1, 2, 3, 4, 5]), { available: 2, held: 1, sold: 1, blocked: 1 });
});

test('somebody’s seat can never be chosen for blocking', () => {
  assert.equal(pressSeat(null, 3, room()), null);
  assert.equal(pressSeat(null, 4, room()), null);
  const mine = pressSeat(null, 1, room());
  assert.equal(pressSeat(mine, 4, room()), mine);
});

test('a choice holds one sort of seats; the same seat again leaves it', () => {
  const one = pressSeat(null, 1, room());
  const two = pressSeat(one, 2, room());
  assert.deepEqual(two, { deed: 'block', seatNos: [1, 2] });
  assert.deepEqual(pressSeat(two, 5, room()), { deed: 'unblock', seatNos: [5] });
  assert.equal(pressSeat(one, 1, room()), null);
});

test('a seat that was bought meanwhile falls out of the choice', () => {
  const states = room();
  setSeat(states, 1, 2);
  assert.deepEqual(stillPossible({ deed: 'block', seatNos: [1, 2] }, states), { deed: 'block', seatNos: [2] });
  assert.equal(stillPossible({ deed: 'block', seatNos: [1] }, states), null);
});
