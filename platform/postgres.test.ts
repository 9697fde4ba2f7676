import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { ROOT, testDatabase } from '#testing/database';

const db = await testDatabase();

/**
 * A process of its own loses its connection in the middle of a transaction, between two statements: what it says in
 * the end, or null when it ended by an error that nobody caught.
 */
async function loseConnection(edits: readonly (readonly [string, string])[]): Promise<string | null> {
  const script = `
    import { withEdits } from '#testing/without-guard';
    const { createDatabase } = await withEdits('platform', 'postgres.ts', { 'postgres.ts': ${JSON.stringify(edits)} });
    const [url] = process.argv.slice(-1);
    const db = createDatabase({ connectionString: url, connectionsMax: 1 });
    const other = createDatabase({ connectionString: url, connectionsMax: 1 });
    const failed = await db.transaction(async (tx) => {
      const { pid } = await tx.row('select pg_backend_pid() as pid');
      const ended = new Promise((resolve) => tx.client.once('end', resolve));
      await other.rows('select pg_terminate_backend($1)', [pid]);
      await ended;
      await tx.rows('select 1');
    }).catch((error) => error.message);
    const { n } = await db.row('select 7 as n');
    process.stdout.write(JSON.stringify({ failed: failed !== undefined, then: n }));
    await Promise.all([db.close(), other.close()]);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, db.connectionString], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout.on('data', (data: Buffer) => (said += data.toString('utf8')));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return code === 0 ? said : null;
}

test('a connection that dies between two statements fails the transaction, and the next one works', async () => {
  assert.equal(await loseConnection([]), '{"failed":true,"then":7}');
});

test('control: without an ear for its error the same loss ends the process', async () => {
  const guard = `pool.on('connect', (client) => client.on('error', () => {}));`;
  assert.equal(await loseConnection([[guard, '']]), null);
});
