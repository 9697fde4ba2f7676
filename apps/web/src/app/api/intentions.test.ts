import assert from 'node:assert/strict';
import test from 'node:test';
import { createIntentions, randomKey } from './intentions.ts';

test('keeps one key for a wish until it is settled, and gives a changed wish another', () => {
  let next = 0;
  const intentions = createIntentions(() => `key-${(next += 1)}`);
  assert.equal(intentions.keyOf('hold', { seats: [1] }), 'key-1');
  assert.equal(intentions.keyOf('hold', { seats: [1] }), 'key-1');
  assert.equal(intentions.keyOf('pay', { seats: [1] }), 'key-2');
  assert.equal(intentions.keyOf('hold', { seats: [2] }), 'key-3');
  intentions.settle('hold');
  assert.equal(intentions.keyOf('hold', { seats: [2] }), 'key-4');
  assert.equal(intentions.keyOf('pay', { seats: [1] }), 'key-2');
});

test('random keys are version 4 UUIDs and differ', () => {
  assert.match(randomKey(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(randomKey(), randomKey());
});
