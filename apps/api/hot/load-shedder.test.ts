import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { withEdits } from '#testing/without-guard';
import * as shedding from './load-shedder.ts';

const HOLD_MS = 0.1;
const REFUSAL_MS = 0.025;
const TICK_MS = 100;

function byHand(createLoadShedder = shedding.createLoadShedder) {
  let tick: (lateMs: number) => void = () => {};
  const shedder = createLoadShedder((_ms, next) => {
    tick = next;
    return () => {};
  });
  return { shedder, tick: (lateMs: number) => tick(lateMs) };
}

/**
 * A process in virtual time: in every tick so many holds are asked for, and a tick's worth of work gets done. What is
 * left waits, and is how late the loop is.
 */
function aProcess(createLoadShedder = shedding.createLoadShedder) {
  let waitingMs = 0;
  const { shedder, tick } = byHand(createLoadShedder);
  return {
    shedder,
    /** Seconds of so many holds a second: how many were admitted, and how late the loop was at most after the first five. */
    run: (seconds: number, holdsPerSecond: number) => {
      let admitted = 0;
      let lateMs = 0;
      for (let ticks = 0; ticks < seconds * 10; ticks += 1) {
        for (let hold = 0; hold < holdsPerSecond / 10; hold += 1) {
          const yes = shedder.admits('hold');
          if (yes) admitted += 1;
          waitingMs += yes ? HOLD_MS : REFUSAL_MS;
        }
        waitingMs = Math.max(0, waitingMs - TICK_MS);
        if (ticks >= 50) lateMs = Math.max(lateMs, waitingMs);
        tick(waitingMs);
      }
      return { admittedPerSecond: admitted / seconds, lateMs };
    },
  };
}

test('at twice what it can do, a process is hardly later than it may be, and does nearly all that it can', () => {
  const { admittedPerSecond, lateMs } = aProcess().run(30, 20_000);
  assert.ok(lateMs < 700, `${lateMs} ms late`);
  // All its time is 10,000 holds; refusing the others takes a part of it: x holds and 20,000 - x refusals.
  const possible = (1_000 - 20_000 * REFUSAL_MS) / (HOLD_MS - REFUSAL_MS);
  assert.ok(admittedPerSecond > possible * 0.9, `${admittedPerSecond} of ${possible}`);
});

test('control: without shedding, the queue grows and grows', async () => {
  const guard = 'level = Math.min(1, Math.max(LEVEL_MIN, level * (1 + step))); // guard: shed';
  const { createLoadShedder } = await withEdits<typeof shedding>('apps/api/hot', 'load-shedder.ts', {
    'load-shedder.ts': [[guard, 'void step;']],
  });
  assert.ok(aProcess(createLoadShedder).run(30, 20_000).lateMs > 10_000);
});

test('within seconds after a rush nobody is refused any more', () => {
  const process = aProcess();
  process.run(20, 30_000);
  assert.ok(process.shedder.level() < 0.6);
  process.run(5, 5_000);
  assert.equal(process.shedder.level(), 1);
});

test('one long stop is no overload', () => {
  const { shedder, tick } = byHand();
  for (const lateMs of [3, 450, 2, 5, 1, 4, 2]) {
    tick(lateMs);
    assert.equal(shedder.level(), 1);
  }
});

test('what is looked at is refused only when nearly all holds are; a few of each pass in any case', () => {
  const { shedder, tick } = byHand();
  const of1000 = (wanted: shedding.Wanted) =>
    Array.from({ length: 1_000 }, () => shedder.admits(wanted)).filter(Boolean);
  for (let ticks = 0; ticks < 4; ticks += 1) tick(5_000);
  assert.ok(shedder.level() < 0.5 && shedder.level() > 0.1);
  assert.equal(of1000('read').length, 1_000);
  for (let ticks = 0; ticks < 30; ticks += 1) tick(5_000);
  assert.equal(shedder.level(), 0.02);
  assert.ok(Math.abs(of1000('read').length - 200) <= 50, 'a fifth of the reads');
  assert.ok(Math.abs(of1000('hold').length - 20) <= 10, 'a fiftieth of the holds');
  tick(5_000);
  assert.ok(Array.from({ length: 10 }, () => shedder.admits('hold')).every(Boolean), 'who comes alone is served');
});

test('the real loop is late when something blocks it, and not when nothing does', async () => {
  const shedder = shedding.createLoadShedder();
  for (let turns = 0; turns < 20 && shedder.level() === 1; turns += 1) {
    const until = performance.now() + 600;
    while (performance.now() < until);
    await wait(1);
  }
  assert.ok(shedder.level() < 1);
  for (let turns = 0; turns < 200 && shedder.level() < 1; turns += 1) await wait(50);
  assert.equal(shedder.level(), 1);
  shedder.close();
});
