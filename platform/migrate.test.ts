import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT, testDatabase } from '#testing/database';
import { migrate } from './migrate.ts';

const db = await testDatabase();

test('migrating a migrated database changes nothing', async () => {
  assert.deepEqual(await migrate(db, ROOT), { migrations: 0, sources: 0 });
});
