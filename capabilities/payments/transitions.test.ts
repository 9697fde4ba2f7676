import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAYMENT_STATES } from '#contracts/outcomes';
import { REFUND_TRANSITIONS } from './refunds.ts';
import { isActive, type SeenState, TRANSITIONS } from './transitions.ts';

const SEEN = PAYMENT_STATES.filter((state): state is SeenState => state !== 'created');

test('every pair of state and look is decided, and captured is never left', () => {
  for (const from of PAYMENT_STATES) {
    for (const seen of SEEN) assert.ok(TRANSITIONS[from][seen], `${from} x ${seen}`);
  }
  assert.deepEqual(new Set(Object.values(TRANSITIONS.captured)), new Set(['stay']));
});

test('money counts from every state, and nothing but money revives an attempt that is over', () => {
  for (const from of PAYMENT_STATES.filter((state) => state !== 'captured')) {
    assert.equal(TRANSITIONS[from].captured, 'move', from);
  }
  for (const from of ['failed', 'cancelled', 'expired'] as const) {
    for (const seen of SEEN.filter((state) => state !== 'captured')) assert.equal(TRANSITIONS[from][seen], 'stay');
  }
});

test('any sequence of looks that contains captured ends in captured, in whatever order', () => {
  const end = (looks: SeenState[]) =>
    looks.reduce<(typeof PAYMENT_STATES)[number]>(
      (state, seen) => (TRANSITIONS[state][seen] === 'move' ? seen : state),
      'submitted',
    );
  for (const first of SEEN) {
    for (const last of SEEN) {
      assert.equal(end([first, 'captured', last]), 'captured');
      assert.equal(end(['captured', first, last]), 'captured');
    }
  }
  assert.ok(isActive(end(['unknown', 'requires_action'])), 'and without it an attempt stays open');
});

test('a refund never comes back from failed, and only the bank takes it out of succeeded', () => {
  assert.deepEqual(Object.values(REFUND_TRANSITIONS.failed), [false, false, false, false]);
  assert.deepEqual(REFUND_TRANSITIONS.succeeded, { pending: false, succeeded: false, failed: true, cancelled: false });
});
