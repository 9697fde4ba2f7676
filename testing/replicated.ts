import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after } from 'node:test';
import { startEmbeddedPostgres } from '#platform/embedded-postgres';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { ROOT } from './database.ts';

export type Replicated = {
  db: Database;
  replicaUrl: string;
  /** Asks the replica itself. */
  replica: Database;
  /** Nothing more is replayed: the replica shows this moment, and lags more and more. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Until the replica has replayed all that is written now. */
  caughtUp(): Promise<void>;
  stopReplica(): Promise<void>;
  startReplica(): Promise<void>;
};

/**
 * A migrated PostgreSQL and a streaming replica of it, stopped after the test file. The packaged PostgreSQL has no
 * pg_basebackup, so the replica begins as a copy of the stopped primary's folder.
 */
export async function replicatedDatabase(): Promise<Replicated> {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-replicated-'));
  const start = (name: string, port: number, settings: Record<string, string> = {}) =>
    startEmbeddedPostgres({
      folder: join(folder, name),
      port,
      password: 'postgres',
      database: 'poltrona',
      settings: { fsync: 'off', full_page_writes: 'off', shared_buffers: '32MB', ...settings },
    });

  const before = await start('primary', 0);
  const migrating = createDatabase({ connectionString: before.url, connectionsMax: 2 });
  await migrate(migrating, ROOT);
  await migrating.close();
  await before.stop();
  // Owners too, when root gave the folder to somebody else; Node's own copy would not.
  await promisify(execFile)('cp', ['-a', join(folder, 'primary'), join(folder, 'replica')]);
  await writeFile(join(folder, 'replica/standby.signal'), '');

  const primary = await start('primary', 0);
  const { port } = new URL(primary.url);
  const standby = (at: number) =>
    start('replica', at, {
      primary_conninfo: `host=127.0.0.1 port=${port} user=postgres password=postgres`,
      wal_retrieve_retry_interval: '100',
    });
  let server = await standby(0);
  const replicaUrl = server.url;
  const db = createDatabase({ connectionString: primary.url, connectionsMax: 8 });
  const replica = createDatabase({ connectionString: replicaUrl, connectionsMax: 2 });

  const until = async (done: () => Promise<boolean>) => {
    while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  after(async () => {
    await Promise.all([db.close(), replica.close()]);
    await server.stop();
    await primary.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    db,
    replicaUrl,
    replica,
    pause: async () => {
      await replica.rows('select pg_wal_replay_pause()');
      await until(async () => (await replica.row(PAUSE_STATE))?.['state'] === 'paused');
    },
    resume: async () => void (await replica.rows('select pg_wal_replay_resume()')),
    caughtUp: async () => {
      const now = await db.row<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
      await until(async () => (await replica.row(REACHED, [now!.lsn]))?.['reached'] === true);
    },
    stopReplica: () => server.stop(),
    startReplica: async () => {
      server = await standby(Number(new URL(replicaUrl).port));
    },
  };
}

const PAUSE_STATE = 'select pg_get_wal_replay_pause_state() as state';
const REACHED = 'select pg_last_wal_replay_lsn() >= $1::pg_lsn as reached';
