import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AGAIN, createBatcher, laneOf } from './batcher.ts';

/** A flush that waits until the test lets it go, and keeps what it was given. */
function heldFlush() {
  const flushes: { items: readonly number[]; lane: number; go(answers?: (number | typeof AGAIN)[]): void }[] = [];
  const flush = (items: readonly number[], lane: number) =>
    new Promise<readonly (number | typeof AGAIN)[]>((resolve) => {
      flushes.push({ items, lane, go: (answers) => resolve(answers ?? items.map((item) => item * 10)) });
    });
  return { flushes, flush };
}
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('items that come while a flush runs go together in the next, and each gets its own answer', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 1, sizeMax: 500, queueMax: 500, flush });
  const first = batcher.submit(1, 1);
  await turn();
  const later = [2, 3, 4].map((item) => batcher.submit(1, item));
  await turn();
  assert.equal(flushes.length, 1, 'a lane has one flush at a time');
  flushes[0]!.go();
  await turn();
  assert.deepEqual(flushes[1]!.items, [2, 3, 4]);
  flushes[1]!.go();
  assert.deepEqual(await Promise.all([first, ...later]), [10, 20, 30, 40]);
});

test('a key has one lane, lanes do not wait for each other, and neighbouring keys use all of them', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 4, sizeMax: 10, queueMax: 10, flush });
  const lanes = new Set(Array.from({ length: 40 }, (_, key) => laneOf(key + 1, 4)));
  assert.equal(lanes.size, 4);
  assert.equal(new Set(Array.from({ length: 40 }, (_, key) => laneOf(key * 4, 4))).size, 4);
  const [one, other] = [1, 2, 3, 4, 5, 6, 7].filter(
    (key, _, all) => laneOf(key, 4) !== laneOf(all[0]!, 4) || key === 1,
  );
  const blocked = batcher.submit(one!, 1);
  const free = batcher.submit(other!, 2);
  await turn();
  assert.equal(flushes.length, 2);
  flushes.find((entry) => entry.items[0] === 2)!.go();
  assert.equal(await free, 20);
  flushes.find((entry) => entry.items[0] === 1)!.go();
  assert.equal(await blocked, 10);
});

test('a flush is never larger than sizeMax', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 1, sizeMax: 3, queueMax: 10, flush });
  const all = [1, 2, 3, 4, 5].map((item) => batcher.submit(1, item));
  await turn();
  assert.deepEqual(flushes[0]!.items, [1, 2, 3]);
  flushes[0]!.go();
  await turn();
  assert.deepEqual(flushes[1]!.items, [4, 5]);
  flushes[1]!.go();
  await Promise.all(all);
});

test('a full lane answers overloaded at once and takes items again afterwards', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 1, sizeMax: 1, queueMax: 2, flush });
  const running = batcher.submit(1, 1);
  await turn();
  const queued = [batcher.submit(1, 2), batcher.submit(1, 3)];
  assert.equal(await batcher.submit(1, 4), 'overloaded');
  assert.equal(batcher.waiting(), 3);
  for (const index of [0, 1, 2]) {
    flushes[index]!.go();
    await turn();
  }
  assert.deepEqual(await Promise.all([running, ...queued]), [10, 20, 30]);
  const again = batcher.submit(1, 5);
  await turn();
  flushes[3]!.go();
  assert.equal(await again, 50);
});

test('an item answered AGAIN goes first in the next flush, and nobody else is held up', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 1, sizeMax: 3, queueMax: 10, flush });
  const all = [1, 2, 3, 4].map((item) => batcher.submit(1, item));
  await turn();
  flushes[0]!.go([1, AGAIN, 3]);
  assert.deepEqual([await all[0], await all[2]], [1, 3]);
  await turn();
  assert.deepEqual(flushes[1]!.items, [2, 4]);
  flushes[1]!.go([2, 4]);
  assert.deepEqual([await all[1], await all[3]], [2, 4]);
});

test('a failed flush rejects its own items and the lane goes on', async () => {
  let fail = true;
  const batcher = createBatcher<number, number>({
    lanes: 1,
    sizeMax: 10,
    queueMax: 10,
    flush: async (items) => {
      if (fail) throw new Error('the wire broke');
      return items;
    },
  });
  await assert.rejects(batcher.submit(1, 1), /the wire broke/);
  fail = false;
  assert.equal(await batcher.submit(1, 2), 2);
});

test('close waits for what was submitted and takes nothing more', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 1, sizeMax: 10, queueMax: 10, flush });
  const last = batcher.submit(1, 1);
  await turn();
  let closed = false;
  const closing = batcher.close().then(() => (closed = true));
  assert.equal(await batcher.submit(1, 2), 'overloaded');
  assert.equal(closed, false);
  flushes[0]!.go();
  assert.equal(await last, 10);
  await closing;
});

test('who would wait longer than the limit is refused at once, by how long the last flushes took', async () => {
  const { flushes, flush } = heldFlush();
  let now = 0;
  const batcher = createBatcher<number, number>({
    lanes: 1,
    sizeMax: 2,
    queueMax: 100,
    waitMsMax: 100,
    flush,
    nowMs: () => now,
  });
  const first = batcher.submit(1, 1);
  await turn();
  now += 40;
  flushes[0]!.go();
  await first;
  // A flush takes 40 ms: two of them ahead are 80, three are 120.
  const taken = [1, 2, 3, 4].map((item) => batcher.submit(1, item));
  assert.equal(batcher.overloaded(1), false);
  taken.push(batcher.submit(1, 5));
  assert.equal(batcher.overloaded(1), true);
  assert.equal(await batcher.submit(1, 6), 'overloaded');
  for (const index of [1, 2, 3]) {
    await turn();
    flushes[index]!.go();
  }
  await Promise.all(taken);
  assert.equal(batcher.overloaded(1), false, 'and it takes items again when the queue is short');
});

test('an item that is never decided is given up after its time, as a fault that may be tried again', async () => {
  let now = 0;
  const batcher = createBatcher<number, number>({
    lanes: 1,
    sizeMax: 2,
    queueMax: 10,
    againMsMax: 50,
    flush: async (items) => {
      now += 20;
      return items.map(() => AGAIN);
    },
    nowMs: () => now,
  });
  await assert.rejects(batcher.submit(1, 1), { code: 'database_busy', retryable: true });
  assert.ok(now >= 50 && now < 200);
});

test('a flush waits for its interval unless it is full; who comes after a pause does not wait', async () => {
  const { flushes, flush } = heldFlush();
  const batcher = createBatcher<number, number>({ lanes: 1, sizeMax: 3, queueMax: 10, intervalMs: 60_000, flush });
  const first = batcher.submit(1, 1);
  await turn();
  assert.equal(flushes.length, 1, 'nothing was flushed lately');
  flushes[0]!.go();
  await first;
  const waiting = [batcher.submit(1, 2), batcher.submit(1, 3)];
  await turn();
  assert.equal(flushes.length, 1, 'two of three wait');
  waiting.push(batcher.submit(1, 4));
  await turn();
  assert.deepEqual(flushes[1]!.items, [2, 3, 4]);
  flushes[1]!.go();
  await Promise.all(waiting);
  const last = batcher.submit(1, 5);
  const closed = batcher.close();
  await turn();
  flushes[2]!.go();
  assert.equal(await last, 50, 'closing waits for nobody to fill it');
  await closed;
});
