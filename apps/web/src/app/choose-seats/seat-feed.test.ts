import assert from 'node:assert/strict';
import test from 'node:test';
import { getSeat, packedLength, type SeatDelta, type SeatSnapshot, setSeat } from '../contracts.ts';
import { createSeatFeed, type SeatFeedState } from './seat-feed.ts';

const halfPrice = { quota: 4, used: 0 };

function snapshot(version: string, taken: number[]): SeatSnapshot {
  const packed = new Uint8Array(packedLength(10));
  for (const no of taken) setSeat(packed, no, 2);
  const states = btoa(String.fromCodePoint(...packed));
  return { screeningId: 1, version, seatCount: 10, states, available: 10 - taken.length, halfPrice };
}

function delta(previous: string, version: string, changes: [number, number][]): SeatDelta {
  return { screeningId: 1, previous, version, changes, available: 5, halfPrice };
}

function follow() {
  const seen: { state: SeatFeedState; seatNos: readonly number[] }[] = [];
  let asked = 0;
  const feed = createSeatFeed({
    changed: (state, seatNos) => seen.push({ state, seatNos }),
    askSnapshot: () => (asked += 1),
  });
  return { feed, seen, asked: () => asked, seat: (no: number) => getSeat(seen.at(-1)!.state.states, no) };
}

test('a snapshot sets every seat and later deltas change only theirs', () => {
  const { feed, seen, seat } = follow();
  feed.snapshot(snapshot('a', [3]));
  feed.delta(delta('a', 'b', [[5, 1]]));
  assert.equal(seat(3), 2);
  assert.equal(seat(5), 1);
  assert.equal(seat(4), 0);
  assert.deepEqual(seen.at(-1)!.seatNos, [5]);
});

test('does not believe a delta after a gap, asks once for the whole, and goes on from it', () => {
  const { feed, asked, seat } = follow();
  feed.snapshot(snapshot('a', []));
  feed.delta(delta('x', 'y', [[1, 2]]));
  feed.delta(delta('y', 'z', [[2, 2]]));
  assert.equal(asked(), 1);
  assert.equal(seat(1), 0);
  feed.snapshot(snapshot('z', [1, 2]));
  assert.equal(seat(1), 2);
  feed.delta(delta('z', 'zz', [[1, 0]]));
  assert.equal(seat(1), 0);
  assert.equal(asked(), 1);
});

test('the same delta twice is taken once and is no gap', () => {
  const { feed, asked, seen } = follow();
  feed.snapshot(snapshot('a', []));
  feed.delta(delta('a', 'b', [[1, 1]]));
  feed.delta(delta('a', 'b', [[1, 1]]));
  assert.equal(seen.length, 2);
  assert.equal(asked(), 0);
});

test('the first snapshot reports no seat as changed, so that nothing fades in', () => {
  const { feed, seen } = follow();
  feed.snapshot(snapshot('a', [1, 2, 3]));
  assert.deepEqual(seen[0]!.seatNos, []);
});

test('states handed out are never altered afterwards', () => {
  const { feed, seen } = follow();
  feed.snapshot(snapshot('a', []));
  const first = seen[0]!.state.states;
  feed.delta(delta('a', 'b', [[1, 3]]));
  assert.equal(getSeat(first, 1), 0);
});
