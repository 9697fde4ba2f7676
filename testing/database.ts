import { createHash, randomUUID } from 'node:crypto';
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import pg from 'pg';
import { startEmbeddedPostgres } from '#platform/embedded-postgres';
import { migrate, sourceFiles } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';

export const ROOT = new URL('..', import.meta.url).pathname;

/**
 * A throw-away PostgreSQL server on a free port, in a temporary folder. Call `stop` when done. It does not wait for
 * the disk, which halves the time of the suite; tests of durability pass `durable`.
 */
export async function startServer(
  options: { durable?: boolean } = {},
): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-test-'));
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'data'),
    port: 0,
    password: 'postgres',
    database: 'postgres',
    settings: {
      max_connections: '200',
      ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    },
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const onServer = async <T>(url: string, run: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
};

const withName = (url: string, name: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
};

async function schemaHash(): Promise<string> {
  const hash = createHash('sha256');
  const migrations: string[] = [];
  for await (const path of glob('database/migrations/*', { cwd: ROOT })) migrations.push(path);
  for (const path of migrations.sort()) hash.update(path).update(await readFile(join(ROOT, path)));
  for (const file of await sourceFiles(ROOT)) hash.update(file.path).update(file.hash);
  return hash.digest('hex').slice(0, 16);
}

/** Makes the migrated template once per schema; every test file then clones it in about 50 ms. */
async function templateOn(url: string): Promise<string> {
  const name = `template_${await schemaHash()}`;
  await onServer(url, async (client) => {
    await client.query('select pg_advisory_lock(7001002)');
    const found = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (found.rowCount) return;
    const draft = `${name}_draft`;
    await client.query(`drop database if exists ${draft} with (force)`);
    await client.query(`create database ${draft}`);
    const db = createDatabase({ connectionString: withName(url, draft), connectionsMax: 2 });
    await migrate(db, ROOT);
    await db.close();
    await client.query(`alter database ${draft} rename to ${name}`);
  });
  return name;
}

/**
 * A migrated database of this test file's own, dropped afterwards. Uses the server in TEST_DATABASE_URL (the test
 * command starts one for all files) or starts its own, so that a single file runs with `node --test` alone.
 */
export async function testDatabase(options: { connectionsMax?: number } = {}): Promise<Database> {
  const given = process.env['TEST_DATABASE_URL'];
  const server = given ? { url: given, stop: async () => {} } : await startServer();
  const template = await templateOn(server.url);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server.url, async (client) => {
    await client.query('select pg_advisory_lock(7001002)');
    await client.query(`create database ${name} template ${template}`);
  });
  const db = createDatabase({
    connectionString: withName(server.url, name),
    connectionsMax: options.connectionsMax ?? 10,
  });
  after(async () => {
    await db.close();
    await onServer(server.url, (client) => client.query(`drop database if exists ${name} with (force)`));
    await server.stop();
  });
  return db;
}
