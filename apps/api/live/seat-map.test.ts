import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { SeatRows } from '#capabilities/holds';
import { getSeat, type SeatDelta, type SeatSnapshot } from '#contracts/seat-states';
import type { SeatViewer } from './audience.ts';
import { createFanOut } from './fan-out.ts';
import { createSeatMap, DELTA_INTERVAL_MS } from './seat-map.ts';

const rowsOf = (states: number[], nowMs: number): SeatRows => ({
  seatCount: states.length,
  quota: 4,
  nowMs,
  seats: states.map((state, index) => ({
    no: index + 1,
    state,
    inQuota: false,
    heldUntilMs: state === 1 ? nowMs + 60_000 : 0,
  })),
});

/** A map whose clock the test owns; timers are real and short. */
function aMap(states: number[]) {
  let now = 1_000_000;
  let serial = 0;
  const map = createSeatMap({
    screeningId: 1,
    rows: rowsOf(states, now),
    clock: { now: () => new Date(now) },
    nextVersion: () => `v${(serial += 1)}`,
    fanOut: createFanOut(),
  });
  return { map, pass: (ms: number) => (now += ms), now: () => now };
}

/** A viewer that keeps what it got, and can be made too slow. */
function aViewer() {
  const got: { name: string; data: SeatSnapshot & SeatDelta }[] = [];
  let again: (() => void) | null = null;
  const state = { slow: false };
  const viewer: SeatViewer = {
    send: (frame) => {
      if (state.slow) return false;
      const text = frame.toString();
      const name = /event: (\w+)/.exec(text)![1]!;
      got.push({ name, data: JSON.parse(/data: (.*)\n/.exec(text)![1]!) as SeatSnapshot & SeatDelta });
      return true;
    },
    ready: (run) => (again = run),
  };
  const drain = () => {
    state.slow = false;
    again?.();
  };
  return { viewer, got, state, drain };
}
const seat = (no: number, state: number, heldUntilMs = 0) => ({ no, state, inQuota: false, heldUntilMs });
const soon = () => wait(DELTA_INTERVAL_MS + 50);

test('changes inside one interval become one delta, and its previous is the version before', async () => {
  const { map, now } = aMap([0, 0, 0, 0]);
  const { viewer, got } = aViewer();
  map.watch(viewer);
  const version = map.version();
  map.apply(seat(1, 1, now() + 5_000));
  map.apply(seat(2, 2));
  assert.equal(map.version(), version, 'a version never changes under its name');
  await soon();
  assert.deepEqual(
    got.map((entry) => entry.name),
    ['snapshot', 'delta'],
  );
  assert.equal(got[1]!.data.previous, version);
  assert.deepEqual(got[1]!.data.changes, [
    [1, 1],
    [2, 2],
  ]);
  assert.equal(got[1]!.data.available, 2);
  map.apply(seat(4, 2));
  await soon();
  assert.deepEqual(got[2]!.data.changes, [[4, 2]], 'the last seat too, and none twice');
  map.close();
});

test('what changes nothing makes no version and no delta', async () => {
  const { map } = aMap([0, 2]);
  const { viewer, got } = aViewer();
  map.watch(viewer);
  map.apply(seat(2, 2));
  map.apply(seat(99, 2));
  await soon();
  assert.equal(got.length, 1);
  map.close();
});

test('a viewer that is too slow is left out and begins again with a fresh snapshot, others miss nothing', async () => {
  const { map } = aMap([0, 0, 0]);
  const slow = aViewer();
  const quick = aViewer();
  map.watch(slow.viewer);
  map.watch(quick.viewer);
  slow.state.slow = true;
  map.apply(seat(1, 2));
  await soon();
  map.apply(seat(2, 2));
  await soon();
  slow.drain();
  assert.deepEqual(
    slow.got.map((entry) => entry.name),
    ['snapshot', 'snapshot'],
  );
  assert.equal(slow.got[1]!.data.version, map.version());
  map.apply(seat(3, 3));
  await soon();
  assert.equal(slow.got[2]!.data.previous, slow.got[1]!.data.version);
  assert.deepEqual(
    quick.got.map((entry) => entry.name),
    ['snapshot', 'delta', 'delta', 'delta'],
  );
  map.close();
});

test('a viewer that left gets nothing more, also when it left while it was slow', async () => {
  const { map } = aMap([0]);
  const { viewer, got, state, drain } = aViewer();
  const stop = map.watch(viewer);
  state.slow = true;
  map.apply(seat(1, 2));
  await soon();
  stop();
  drain();
  assert.equal(got.length, 1);
  assert.equal(map.watched(), false);
  map.close();
});

test('a hold whose time has passed by the database clock is shown as free, whatever the clock of this process', () => {
  const { map, now } = aMap([0, 0]);
  const skewed: SeatRows = { ...rowsOf([0, 0], now() - 3_600_000) };
  skewed.seats[0] = seat(1, 1, skewed.nowMs + 1_000);
  skewed.seats[1] = seat(2, 1, skewed.nowMs - 1);
  map.replace(skewed);
  map.apply(seat(1, 1, skewed.nowMs + 1_000));
  const states = Buffer.from((JSON.parse(map.remembered().body) as SeatSnapshot).states, 'base64');
  assert.equal(getSeat(states, 2), 0);
  map.close();
});

test('a seat of the plan without a ticket is shown as blocked', () => {
  let serial = 0;
  const rows = { ...rowsOf([0, 0], 1_000), seatCount: 3 };
  const clock = { now: () => new Date(1_000) };
  const map = createSeatMap({
    screeningId: 1,
    rows,
    clock,
    nextVersion: () => `v${(serial += 1)}`,
    fanOut: createFanOut(),
  });
  assert.equal(getSeat(map.states(), 3), 3);
  assert.equal(map.available(), 2);
  map.close();
});
