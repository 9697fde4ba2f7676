import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemory } from './remember.ts';

let nowMs = 0;
const clock = { now: () => new Date(nowMs) };

test('many who ask at once share one making; after its time it is made anew', async () => {
  const memory = createMemory({ ttlMs: 100, entriesMax: 10, clock });
  let made = 0;
  const load = async () => ({ made: (made += 1) });
  const answers = await Promise.all(Array.from({ length: 50 }, () => memory.answer('a', load)));
  assert.deepEqual([made, new Set(answers.map((answer) => answer?.body)).size], [1, 1]);
  nowMs += 101;
  assert.equal((await memory.answer('a', load))?.body, '{"made":2}');
});

test('a failure and a null are not kept', async () => {
  const memory = createMemory({ ttlMs: 100, entriesMax: 10, clock });
  await assert.rejects(memory.answer('a', () => Promise.reject(new Error('down'))));
  assert.equal(await memory.answer('a', async () => null), null);
  assert.equal(memory.size(), 0);
  assert.equal((await memory.answer('a', async () => 1))?.body, '1');
});

test('never more than the stated number of answers is kept', async () => {
  const memory = createMemory({ ttlMs: 100, entriesMax: 3, clock });
  for (let index = 0; index < 20; index += 1) await memory.answer(`key ${index}`, async () => index);
  assert.equal(memory.size(), 3);
});
