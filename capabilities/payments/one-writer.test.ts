import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '#testing/database';

const WRITER = 'capabilities/payments/apply-provider-state.ts';
const STATEMENT = /(?:update|merge\s+into)\s+payments\.attempts\b([\s\S]*?)(?:`|;|$)/gi;
const UPSERT = /insert\s+into\s+payments\.attempts\b(?:(?!`|;)[\s\S])*?do\s+update\b([\s\S]*?)(?:`|;|$)/gi;

/** Whether a text holds a statement that sets the state of an attempt that exists. */
function movesAttempts(text: string): boolean {
  const sets = [...text.matchAll(STATEMENT), ...text.matchAll(UPSERT)].map((found) => found[1]!);
  // What stands before the first `where` is written; after it, it is only asked.
  return sets.some((part) => /\bstate\s*=/i.test(part.split(/\bwhere\b/i)[0]!));
}

test('exactly one file of the product writes the state of an attempt', async () => {
  const writers: string[] = [];
  for await (const path of glob('{capabilities,apps,platform,database}/**/*.{ts,sql}', {
    cwd: ROOT,
    exclude: ['**/node_modules/**', 'apps/web/**', '**/*.test.ts'],
  })) {
    if (movesAttempts(await readFile(join(ROOT, path), 'utf8'))) writers.push(path);
  }
  assert.deepEqual(writers, [WRITER]);
});

test('twin: a second writer is seen, however it is written; asking for a state is not writing it', () => {
  for (const text of [
    "update payments.attempts set state = 'captured' where attempt_id = $1",
    "UPDATE payments.attempts a\n  set updated_at = now(),\n state='failed'",
    'insert into payments.attempts (state) values ($1) on conflict (screening_id) do update set state = excluded.state',
    "merge into payments.attempts using x on true when matched then update set state = 'failed'",
  ]) {
    assert.ok(movesAttempts(text), text);
  }
  for (const text of [
    "update payments.attempts set checks = checks + 1 where state = 'unknown'",
    "update payments.refunds set state = 'failed'",
    "insert into payments.attempts (state) values ('submitted')",
  ]) {
    assert.ok(!movesAttempts(text), text);
  }
});
