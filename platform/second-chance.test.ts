import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeRoom } from './second-chance.ts';

const aMap = (...used: boolean[]) => new Map(used.map((each, index) => [index, { used: each, needed: false }]));

function shrink(entries: ReturnType<typeof aMap>, max: number): number[] {
  makeRoom(entries, {
    over: () => entries.size > max,
    needed: (entry) => entry.needed,
    drop: (key) => entries.delete(key),
  });
  return [...entries.keys()];
}

test('what was not used goes first, and as many as are too many', () => {
  assert.deepEqual(shrink(aMap(true, false, true, false, true), 3), [4, 0, 2]);
});

test('when all were used the longest known goes, and not the newest', () => {
  assert.deepEqual(shrink(aMap(true, true, true, true), 3), [1, 2, 3]);
});

test('what is needed stays, and when all are, it ends', () => {
  const entries = aMap(false, false, false);
  for (const entry of entries.values()) entry.needed = true;
  assert.deepEqual(shrink(entries, 1), [0, 1, 2]);
  entries.get(1)!.needed = false;
  assert.deepEqual(shrink(entries, 1), [2, 0]);
});
