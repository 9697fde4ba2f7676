import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId } from '#platform/ids';
import { testDatabase } from '#testing/database';
import { forgetOld } from './forget.ts';

const db = await testDatabase();

test('answers older than 48 hours are forgotten, younger ones never', async () => {
  for (const [key, age] of [
    ['old', '49 hours'],
    ['young', '47 hours'],
  ]) {
    await db.rows(
      `insert into idempotency.answers (shard, caller, key, fingerprint, status, body, created_at)
       values (0, $1, $2, '\\x00', 200, '', now() - $3::interval)`,
      [newId(), key, age],
    );
  }
  await forgetOld(db);
  assert.deepEqual(await db.rows('select key from idempotency.answers'), [{ key: 'young' }]);
});

test('a fact that was not told yet is never forgotten, however old', async () => {
  for (const told of [true, false]) {
    await db.rows(
      `insert into outbox.messages (message_id, topic, payload, correlation_id, occurred_at, published_at)
       values ($1, $2, '{}', $1, now() - interval '90 days', case when $3 then now() - interval '80 days' end)`,
      [newId(), told ? 'told' : 'untold', told],
    );
  }
  await forgetOld(db);
  assert.deepEqual(await db.rows('select topic from outbox.messages'), [{ topic: 'untold' }]);
});
