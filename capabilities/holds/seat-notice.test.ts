import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNotice } from './seat-notice.ts';

const row = (screeningId: number, no: number, state: number, inQuota: boolean, heldUntilMs: number) => ({
  screeningId,
  no,
  state,
  inQuota,
  heldUntilMs,
});

test('five integers a seat: screening, seat, state, in quota, held until', () => {
  assert.deepEqual(parseNotice('7,1,1,0,1700000000123,8,300,2,1,0'), [
    row(7, 1, 1, false, 1_700_000_000_123),
    row(8, 300, 2, true, 0),
  ]);
  assert.deepEqual(parseNotice(''), []);
  assert.deepEqual(parseNotice('1,2,3'), [], 'what is not whole is not heard');
});

test('a flush of holds: one end for all, then by order the screening and its seats, a minus in the quota', () => {
  assert.deepEqual(parseNotice('held1700000000123;7,1,-2;2147483647,5000;7,30'), [
    row(7, 1, 1, false, 1_700_000_000_123),
    row(7, 2, 1, true, 1_700_000_000_123),
    row(2_147_483_647, 5_000, 1, false, 1_700_000_000_123),
    row(7, 30, 1, false, 1_700_000_000_123),
  ]);
  assert.deepEqual(parseNotice('held1700000000123;'), []);
});
