import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { testDatabase } from '#testing/database';
import { newId } from './ids.ts';
import { consumeOnce, tell } from './outbox.ts';
import { createRelay, type Handlers } from './outbox-relay.ts';

const db = await testDatabase();
const log = pino({ level: 'silent' });
let nowMs = 0;
const relayWith = (handlers: Handlers) => createRelay({ db, handlers, log, nowMs: () => nowMs });
const say = (topic: string, payload: unknown) =>
  db.transaction((tx) => tell(tx, { topic, payload, correlationId: newId() }));
const waiting = async () =>
  (await db.row<{ n: number }>('select count(*)::integer as n from outbox.messages where published_at is null'))!.n;

test('every handler hears every fact of its topic once, oldest first; facts without listeners are put aside', async () => {
  const heard: unknown[] = [];
  const listener = (name: string) => async (message: { payload: unknown }) => void heard.push([name, message.payload]);
  for (const n of [1, 2]) await say('thing_done', { n });
  await say('unheard', {});
  const relay = relayWith({ thing_done: [listener('a'), listener('b')] });
  assert.equal(await relay.tell(10), false);
  assert.deepEqual(heard, [
    ['a', { n: 1 }],
    ['b', { n: 1 }],
    ['a', { n: 2 }],
    ['b', { n: 2 }],
  ]);
  assert.equal(await waiting(), 0);
  await relay.tell(10);
  assert.equal(heard.length, 4);
});

test('a failing handler leaves no half effect, waits, holds up no other message, and succeeds later once', async () => {
  await db.rows('create table effects (n integer)');
  let broken = true;
  const relay = relayWith({
    write: [
      (message) =>
        db.transaction(async (tx) => {
          const { n } = message.payload as { n: number };
          await consumeOnce(tx, 'writer', message.messageId, async () => {
            await tx.rows('insert into effects values ($1)', [n]);
            if (broken && n === 1) throw new Error('down');
          });
        }),
    ],
  });
  for (const n of [1, 2]) await say('write', { n });
  await relay.tell(10);
  assert.deepEqual(await db.rows('select n from effects'), [{ n: 2 }]);
  assert.deepEqual([relay.failing(), await waiting()], [1, 1]);
  broken = false;
  await relay.tell(10);
  assert.equal(await waiting(), 1, 'still resting');
  nowMs += 10_000;
  await relay.tell(10);
  assert.deepEqual(await db.rows('select n from effects order by n'), [{ n: 1 }, { n: 2 }]);
  assert.deepEqual([relay.failing(), await waiting()], [0, 0]);
});

test('two relays at once tell nothing twice', async () => {
  let count = 0;
  const handlers = { count: [async () => void (count += 1)] };
  for (let n = 0; n < 40; n += 1) await say('count', { n });
  await Promise.all([relayWith(handlers).tell(40), relayWith(handlers).tell(40)]);
  assert.deepEqual([count, await waiting()], [40, 0]);
});
