import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAudience, type SeatViewer } from './audience.ts';
import { createFanOut } from './fan-out.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function aViewer() {
  const got: string[] = [];
  let again: (() => void) | null = null;
  const state = { slow: false };
  const viewer: SeatViewer = {
    send: (frame) => {
      if (!state.slow) got.push(frame.toString());
      return !state.slow;
    },
    ready: (run) => (again = run),
  };
  return { viewer, got, state, drain: () => ((state.slow = false), again?.()) };
}

/** A counter as the map: the snapshot says its value, each delivery is one more. */
function anAudience(writesPerTurn: number) {
  const fanOut = createFanOut({ writesPerTurn });
  let value = 0;
  const audience = createAudience({ fanOut, welcome: () => [Buffer.from(`=${value}`)] });
  const more = () => audience.deliver(() => Buffer.from(`+${(value += 1)}`));
  return { audience, fanOut, more };
}

test('a delivery to many is written in slices, and requests have their turn between them', async () => {
  const { audience, fanOut, more } = anAudience(10);
  const viewers = Array.from({ length: 95 }, aViewer);
  for (const { viewer } of viewers) audience.join(viewer);
  more();
  let turns = 0;
  while (fanOut.waiting() > 0) {
    await turn();
    turns += 1;
  }
  assert.ok(turns >= 10, `${turns} turns`);
  for (const { got } of viewers) assert.deepEqual(got, ['=0', '+1']);
});

test('control: without slices all is written in one turn', async () => {
  const { audience, more } = anAudience(Infinity);
  const viewers = Array.from({ length: 95 }, aViewer);
  for (const { viewer } of viewers) audience.join(viewer);
  more();
  await turn();
  assert.ok(viewers.every(({ got }) => got.length === 2));
});

test('who comes, leaves or lags while a delivery is written gets every step once and in order', async () => {
  const { audience, fanOut, more } = anAudience(2);
  const early = Array.from({ length: 6 }, aViewer);
  for (const { viewer } of early) audience.join(viewer);
  more();
  more();
  await turn();
  // The first two have +1, the others still wait for it.
  const late = aViewer();
  audience.join(late.viewer);
  audience.leave(early[5]!.viewer);
  early[4]!.state.slow = true;
  while (fanOut.waiting() > 0) await turn();
  early[4]!.drain();
  more();
  while (fanOut.waiting() > 0) await turn();
  for (const { got } of early.slice(0, 4)) assert.deepEqual(got, ['=0', '+1', '+2', '+3']);
  assert.deepEqual(late.got, ['=1', '+2', '+3'], 'its snapshot contained the delivery under way');
  assert.deepEqual(early[4]!.got, ['=0', '=2', '+3'], 'a fresh snapshot instead of what it could not take');
  assert.deepEqual(early[5]!.got, ['=0']);
});

test('a delivery says what is true when its turn comes, not when it was asked for', async () => {
  const { audience, fanOut } = anAudience(10);
  const { viewer, got } = aViewer();
  audience.join(viewer);
  let value = 'old';
  audience.deliver(() => Buffer.from(value));
  value = 'new';
  while (fanOut.waiting() > 0) await turn();
  assert.deepEqual(got, ['=0', 'new']);
});
