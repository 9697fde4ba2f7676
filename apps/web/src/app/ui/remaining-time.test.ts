import assert from 'node:assert/strict';
import test from 'node:test';
import { asMinutes, secondsLeft } from './remaining-time.ts';

test('counts by the server clock, whatever the phone believes, and never below zero', () => {
  const now = Date.parse('2026-11-22T20:00:00Z');
  assert.equal(secondsLeft('2026-11-22T20:08:00Z', now, 0), 480);
  assert.equal(secondsLeft('2026-11-22T20:08:00Z', now, 60_000), 420);
  assert.equal(secondsLeft('2026-11-22T20:08:00Z', now, 3_600_000), 0);
});

test('writes minutes and two digits of seconds', () => {
  assert.equal(asMinutes(452), '7:32');
  assert.equal(asMinutes(9), '0:09');
});
