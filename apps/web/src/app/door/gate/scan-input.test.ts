import assert from 'node:assert/strict';
import test from 'node:test';
import { createBurstReader, createRepeatGuard, understand } from './scan-input.ts';

test('a short text is a typed code, a long one a signed token, nothing is nothing', () => {
  assert.deepEqual(understand(' k7m2q-x9d4r \n'), { code: 'K7M2Q-X9D4R' });
  assert.deepEqual(understand('6BF$ '.repeat(25)), { token: '6BF$ '.repeat(25).trim() });
  assert.equal(understand(' \r\n'), null);
});

test('the same QR in front of the camera counts once, and again after it was away', () => {
  const guard = createRepeatGuard(3000);
  assert.equal(guard.isNew('A', 0), true);
  assert.equal(guard.isNew('A', 2900), false);
  assert.equal(guard.isNew('A', 5800), false, 'it was never away');
  assert.equal(guard.isNew('A', 8900), true);
  assert.equal(guard.isNew('B', 8950), true);
  assert.equal(guard.isNew('A', 8960), true);
});

function type(text: string, gapMs: number) {
  const reader = createBurstReader();
  let at = 1000;
  const answers = [...text.split(''), 'Enter'].map((key) => reader.feed({ key, at: (at += gapMs) }));
  return { text: answers.at(-1)!.text, swallowed: answers.filter((answer) => answer.swallow).length };
}

test('a scanner is read whole and its Enter presses no button', () => {
  assert.deepEqual(type('K7M2Q-X9D4R', 12), { text: 'K7M2Q-X9D4R', swallowed: 11 });
});

test('slow fingers are no scanner: their keys and Enter keep their meaning', () => {
  assert.deepEqual(type('K7M2Q-X9D4R', 120), { text: null, swallowed: 0 });
});

test('Shift between two signs does not end a burst', () => {
  const reader = createBurstReader();
  let at = 0;
  for (const key of ['A', 'Shift', 'B', 'C', 'Shift', '$', 'D', 'E']) reader.feed({ key, at: (at += 10) });
  assert.equal(reader.feed({ key: 'Enter', at: at + 10 }).text, 'ABC$DE');
});
