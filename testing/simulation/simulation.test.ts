import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOLD_OUTCOMES } from '#contracts/outcomes';
import { GUARDS, type Guard } from './guards.ts';
import { createRandom } from './random.ts';
import { simulate } from './simulate.ts';

const STORIES = 3_000;
const TRIES_MAX = 400;

/** What 3,000 stories must have met, or they prove less than they seem to. */
const LETTERS = ['request', 'command', 'reply after commit', 'answer'];
const MUST_OCCUR: Record<string, readonly string[]> = {
  lost: LETTERS,
  duplicated: LETTERS,
  slow: ['message'],
  'very slow': ['message'],
  process: ['crash', 'crash with holds running', 'cut off', 'clock step'],
  asked: ['again', 'twice at once', 'from two devices', 'with another body'],
  batch: ['of one', 'of many', 'run again', 'given up', 'waits for locks'],
  answer: ['first', 'replay', 'mismatch', 'running', 'unavailable'],
  hold: [...HOLD_OUTCOMES, 'replay', 'mismatch', 'again'],
  kinds: ['changed', 'order_expired', 'order_not_changeable', 'seats_differ', 'half_price_exhausted'],
  await: ['awaiting', 'order_expired', 'order_not_payable'],
  capture: ['paid', 'already_paid', 'seats_gone', 'amount_mismatch', 'captured_before'],
  release: ['ended', 'refused'],
  refund: ['ended', 'refused'],
  expire: ['expired'],
  block: ['done', 'seat_taken', 'seat_unknown'],
  sale: ['set'],
};

test(`${STORIES} stories of lost, late and doubled messages, crashes and wrong clocks break no rule`, () => {
  const counts = new Map<string, number>();
  for (let seed = 1; seed <= STORIES; seed += 1) {
    const story = simulate(seed);
    assert.equal(story.wrong, null, `node testing/simulation/main.ts --seed ${seed}`);
    for (const [what, times] of story.counts) counts.set(what, (counts.get(what) ?? 0) + times);
  }
  const expected = Object.entries(MUST_OCCUR).flatMap(([what, how]) => how.map((word) => `${what} ${word}`));
  const missing = expected.filter((what) => (counts.get(what) ?? 0) < 10);
  assert.deepEqual(missing, [], 'each of these happened ten times at least');
});

test('the same seed tells the same story, another seed another', () => {
  const told = (seed: number) => JSON.stringify(simulate(seed).commits);
  assert.equal(told(7), told(7));
  assert.notEqual(told(7), told(8));
});

test('a seed draws the same numbers everywhere', () => {
  const random = createRandom(1);
  assert.deepEqual(
    Array.from({ length: 4 }, () => random.between(0, 999)),
    [870, 634, 913, 515],
  );
});

for (const [guard, promise] of Object.entries(GUARDS) as [Guard, string][]) {
  test(`control: without "${promise}" a story goes wrong`, (t) => {
    for (let seed = 1; seed <= TRIES_MAX; seed += 1) {
      const { wrong } = simulate(seed, new Set([guard]));
      if (wrong === null) continue;
      t.diagnostic(`seed ${seed}: ${wrong}; node testing/simulation/main.ts --seed ${seed} --without '${guard}'`);
      return;
    }
    assert.fail(`${TRIES_MAX} stories without the guard '${guard}', and nobody noticed`);
  });
}
