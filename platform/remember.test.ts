import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, answerUntil, createMemory, isKnown } from './remember.ts';

let nowMs = 0;
const clock = { now: () => new Date(nowMs) };
const aMemory = (limits: { entriesMax?: number; bytesMax?: number } = {}) =>
  createMemory({ clock, entriesMax: 10, bytesMax: 1_000_000, ...limits });
const text = (found: { body: string } | null) => found && found.body;

test('many who ask at once share one making; after its time it is made anew', async () => {
  const memory = aMemory();
  let made = 0;
  const load = async () => answerUntil({ made: (made += 1) }, nowMs + 100);
  const answers = await Promise.all(Array.from({ length: 1_000 }, () => memory.answer('a', load)));
  assert.deepEqual([made, new Set(answers.map(text)).size], [1, 1]);
  nowMs += 99;
  assert.equal(text(memory.peek('a')), '{"made":1}');
  nowMs += 1;
  assert.equal(memory.peek('a'), null);
  assert.equal(text(await memory.answer('a', load)), '{"made":2}');
});

test('a failure and a null are not kept', async () => {
  const memory = aMemory();
  await assert.rejects(memory.answer('a', () => Promise.reject(new Error('down'))));
  assert.equal(await memory.answer('a', async () => null), null);
  assert.equal(memory.size(), 0);
  assert.equal(text(await memory.answer('a', async () => answerUntil(1))), '1');
});

test('never more than the stated number of answers is kept, and what is asked for stays', async () => {
  const memory = aMemory({ entriesMax: 3 });
  await memory.answer('wanted', async () => answerUntil('w'));
  for (let index = 0; index < 20; index += 1) {
    await memory.answer(`key ${index}`, async () => answerUntil(index));
    assert.equal(text(memory.peek('wanted')), '"w"');
  }
  assert.equal(memory.size(), 3);
});

test('the newest is kept even when all others are asked for', async () => {
  const memory = aMemory({ entriesMax: 3 });
  for (const key of ['a', 'b', 'c']) {
    await memory.answer(key, async () => answerUntil(key));
    memory.peek(key);
  }
  await memory.answer('new', async () => answerUntil('new'));
  assert.equal(text(memory.peek('new')), '"new"');
  assert.equal(memory.size(), 3);
});

test('never more than the stated bytes are kept, keys and addresses included', async () => {
  const memory = aMemory({ entriesMax: 1_000_000, bytesMax: 50_000 });
  for (let index = 0; index < 2_000; index += 1) {
    await memory.answer(`key ${index}`, async () => answerUntil('x'.repeat(index % 700)));
    memory.name(`key ${index}`, `/path?${index}`);
    assert.ok(memory.stats().bytes <= 50_000);
  }
  assert.ok(memory.size() > 10);
  await memory.answer('huge', async () => answerUntil('x'.repeat(60_000)));
  assert.ok(memory.stats().bytes <= 50_000);
});

test('endless spellings of one question push out each other, not the answers of others', async () => {
  const memory = aMemory({ bytesMax: 20_000 });
  await memory.answer('other', async () => answerUntil('o'));
  await memory.answer('one', async () => answerUntil('1'));
  for (let index = 0; index < 5_000; index += 1) memory.name('one', `/search?q=1&junk=${index}`);
  assert.equal(text(memory.peek('other')), '"o"');
  assert.equal(text(memory.peekAddress('/search?q=1&junk=4999')), '"1"');
  assert.equal(memory.peekAddress('/search?q=1&junk=0'), null);
  memory.name('one', `/${'x'.repeat(10_000)}`);
  assert.equal(memory.peekAddress(`/${'x'.repeat(10_000)}`), null);
});

test('an address finds what its key has, as long as it is kept', async () => {
  const memory = aMemory();
  assert.equal(memory.peekAddress('/a'), null);
  memory.name('a', '/a');
  assert.equal(memory.peekAddress('/a'), null);
  await memory.answer('a', async () => answerUntil('A'));
  memory.name('a', '/a');
  assert.equal(text(memory.peekAddress('/a')), '"A"');
  memory.drop();
  assert.equal(memory.peekAddress('/a'), null);
});

test('what speaks of a topic is dropped with it, and the rest stays', async () => {
  const memory = aMemory();
  await memory.answer('a', async () => ({ ...answerUntil('A'), topics: ['red 1', 'blue 2'] }));
  await memory.answer('b', async () => ({ ...answerUntil('B'), topics: ['red 2'] }));
  memory.drop(new Set(['blue 2', 'blue 3']));
  assert.deepEqual([memory.peek('a'), text(memory.peek('b'))], [null, '"B"']);
});

test('what was begun before a drop is given to those who wait and not kept', async () => {
  const memory = aMemory();
  let finish: (answer: Answer) => void = () => {};
  const old = memory.answer('a', () => new Promise<Answer>((resolve) => (finish = resolve)));
  memory.drop(new Set(['anything']));
  const fresh = memory.answer('a', async () => answerUntil('new'));
  finish(answerUntil('old'));
  assert.deepEqual([text(await old), text(await fresh)], ['"old"', '"new"']);
  assert.equal(text(memory.peek('a')), '"new"');
});

test('the same content has the same ETag, another content another', () => {
  assert.equal(answerUntil({ a: 1 }).first.etag, answerUntil({ a: 1 }).first.etag);
  assert.notEqual(answerUntil({ a: 1 }).first.etag, answerUntil({ a: 2 }).first.etag);
});

test('If-None-Match is compared as the standard says', () => {
  for (const header of ['"x"', 'W/"x"', '"y", "x"', '"y",W/"x"', '*'])
    assert.equal(isKnown(header, '"x"'), true, header);
  for (const header of [undefined, '', 'x', '"y"', '"xx"', 'W/"y"'])
    assert.equal(isKnown(header, '"x"'), false, String(header));
});
