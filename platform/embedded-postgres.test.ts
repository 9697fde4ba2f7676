import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pg from 'pg';
import { freePort, startEmbeddedPostgres } from './embedded-postgres.ts';

const folder = await mkdtemp(join(tmpdir(), 'poltrona-embedded-'));
after(() => rm(folder, { recursive: true, force: true }));

const options = (name: string, port = 0) => ({
  folder: join(folder, name),
  port,
  password: 'a b:/@%',
  database: 'kept',
});

async function ask(url: string, text: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(text)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

test('what was written is there after a stop and another start, and commits are durable', async () => {
  const first = await startEmbeddedPostgres(options('kept'));
  await ask(first.url, 'create table kept as select 42 as answer');
  assert.equal(await ask(first.url, 'show fsync'), 'on');
  assert.equal(await ask(first.url, 'show synchronous_commit'), 'on');
  await first.stop();
  const second = await startEmbeddedPostgres(options('kept'));
  assert.equal(await ask(second.url, 'select answer from kept'), 42);
  await second.stop();
});

test('a server left behind by a killed launcher is stopped, and its pid file does not stop the next start', async () => {
  const orphan = await startEmbeddedPostgres(options('orphan'));
  await ask(orphan.url, 'create table kept as select 7 as answer');
  await rm(`${join(folder, 'orphan')}.launcher`);
  const next = await startEmbeddedPostgres(options('orphan'));
  await orphan.exited;
  assert.equal(await ask(next.url, 'select answer from kept'), 7);
  await next.stop();
  await writeFile(join(folder, 'orphan/postmaster.pid'), `${process.pid}\n/nowhere\n`);
  const last = await startEmbeddedPostgres(options('orphan'));
  assert.equal(await ask(last.url, 'select answer from kept'), 7);
  await last.stop();
});

test('a taken port is refused by its number and nothing is created', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  await assert.rejects(startEmbeddedPostgres(options('taken', port)), { code: 'port_taken', message: /\b\d+\b/ });
  await assert.rejects(readFile(join(folder, 'taken/PG_VERSION')));
  other.close();
});

test('a folder that cannot be made is refused by its name', async () => {
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(startEmbeddedPostgres(options('file/inside')), {
    code: 'folder_not_writable',
    message: /file\/inside/,
  });
});

test('data inside a folder that only its owner may enter works, also for root who has to step down', async () => {
  await mkdir(join(folder, 'closed'));
  await chmod(join(folder, 'closed'), 0o700);
  const server = await startEmbeddedPostgres(options('closed/data'));
  assert.equal(await ask(server.url, 'select 1'), 1);
  await server.stop();
});
