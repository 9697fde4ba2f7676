import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { type Answer, answerOnce, fingerprintOf, forgetAnswersOf, type KeyedRequest } from './idempotency.ts';
import { newId } from './ids.ts';
import type { Transaction } from './postgres.ts';

const db = await testDatabase();
await db.rows('create table public.effects (name text not null)');

const request = (key: string, body: unknown = { a: 1 }, caller: string = CALLER): KeyedRequest => ({
  shard: 0,
  caller,
  key,
  fingerprint: fingerprintOf('POST', '/things', body),
});
const CALLER = newId();

const effect =
  (name: string, answer: Answer = { status: 201, body: `{"name":"${name}"}` }) =>
  async (tx: Transaction) => {
    await tx.rows('insert into public.effects values ($1)', [name]);
    return answer;
  };
const effects = async (name: string) =>
  (await db.row<{ n: number }>('select count(*)::int as n from public.effects where name = $1', [name]))!.n;

test('a repeated key gets the first bytes and has no second effect', async () => {
  const first = await answerOnce(db, request('k1'), effect('k1'));
  const again = await answerOnce(db, request('k1'), effect('k1', { status: 500, body: 'another' }));
  assert.equal(first.kind, 'first');
  assert.deepEqual(again, { kind: 'replay', answer: { status: 201, body: '{"name":"k1"}' } });
  assert.equal(await effects('k1'), 1);
});

test('the same key with another body is a mismatch and has no effect', async () => {
  await answerOnce(db, request('k2'), effect('k2'));
  assert.deepEqual(await answerOnce(db, request('k2', { a: 2 }), effect('k2')), { kind: 'mismatch' });
  assert.equal(await effects('k2'), 1);
});

test('the same key of another caller is another request', async () => {
  await answerOnce(db, request('k3'), effect('k3'));
  assert.equal((await answerOnce(db, request('k3', { a: 1 }, newId()), effect('k3'))).kind, 'first');
  assert.equal(await effects('k3'), 2);
});

test('a request that is still at work answers "running" to its twin', async () => {
  let finish = () => {};
  const gate = new Promise<void>((resolve) => (finish = resolve));
  let entered = () => {};
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const slow = answerOnce(db, request('k4'), async (tx) => {
    entered();
    await gate;
    return effect('k4')(tx);
  });
  await inside;
  assert.deepEqual(await answerOnce(db, request('k4'), effect('k4')), { kind: 'running' });
  finish();
  assert.equal((await slow).kind, 'first');
  assert.equal(await effects('k4'), 1);
});

test('twenty at once have one effect; without the lock the unique key still refuses, but as a failure', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => answerOnce(db, request('k5'), effect('k5'))));
  assert.equal(answers.filter((answer) => answer.kind === 'first').length, 1);
  assert.equal(await effects('k5'), 1);

  // The control: the same race without lock and look-up. It must be seen to happen, or the test above proves nothing.
  const unguarded = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      db.transaction(async (tx) => {
        await effect('k6')(tx);
        await tx.rows('select pg_sleep(0.05)');
      }),
    ),
  );
  assert.ok(unguarded.every((one) => one.status === 'fulfilled'));
  assert.equal(await effects('k6'), 20);
});

test('what fails leaves neither effect nor answer, and may be tried again', async () => {
  await assert.rejects(
    answerOnce(db, request('k7'), async (tx) => {
      await effect('k7')(tx);
      throw new Error('killed here');
    }),
    /killed here/,
  );
  assert.equal(await effects('k7'), 0);
  assert.equal((await answerOnce(db, request('k7'), effect('k7'))).kind, 'first');
});

test('an answer of 500 and above is not kept, nor is its effect', async () => {
  const failed = await answerOnce(db, request('k8'), effect('k8', { status: 503, body: '{}' }));
  assert.deepEqual(failed, { kind: 'first', answer: { status: 503, body: '{}' } });
  assert.equal(await effects('k8'), 0);
  assert.equal((await answerOnce(db, request('k8'), effect('k8'))).kind, 'first');
});

test('a caller who is forgotten leaves no answer under any shard; those of others stay', async () => {
  const [leaving, staying] = [newId(), newId()];
  for (const caller of [leaving, staying]) {
    for (const shard of [0, 7]) await answerOnce(db, { ...request('k9', {}, caller), shard }, effect(`k9 ${caller}`));
  }
  await db.transaction((tx) => forgetAnswersOf(tx, leaving));
  const left = await db.rows<{ caller: string }>(`select caller from idempotency.answers where key = 'k9'`);
  assert.deepEqual(
    left.map(({ caller }) => caller),
    [staying, staying],
  );
});
