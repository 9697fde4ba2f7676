import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type EmbeddedPostgres, freePort, startEmbeddedPostgres } from '#platform/embedded-postgres';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { buildWebWhenNeeded } from '../../apps/laptop/build-web.ts';
import { API_NODE_FLAGS } from '../../apps/node-flags.ts';
import { processorSeconds, residentBytes } from '../processor-time.ts';
import { signBuyersIn } from './people.ts';
import type { GeneratorPlan, GeneratorResult } from './generator.ts';
import { registerPremiere, type World } from './world.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Durability as shipped: fsync and synchronous_commit are on. What is set here is room, and no checkpoint in between. */
const DATABASE_SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  wal_buffers: '64MB',
};

/** What the generator saw, and the processor seconds of the others in the measured part (NaN where unknown). */
export type PremiereLoad = GeneratorResult & { apiSeconds: number; postgresSeconds: number; apiMemoryMb: number };

export type Premiere = {
  db: Database;
  url: string;
  world: World;
  buyers: number;
  ports: number[];
  /** Processor seconds used so far, by part; null where the system does not tell. */
  processorSeconds(): Promise<{ api: number; postgres: number } | null>;
  /** Resident memory of all API processes; NaN where the system does not tell. */
  apiMemoryMb(): Promise<number>;
  generate(
    plan: Omit<GeneratorPlan, 'traffic'> & { traffic: Omit<GeneratorPlan['traffic'], 'world' | 'buyers' | 'ports'> },
  ): Promise<PremiereLoad>;
  close(): Promise<void>;
};

/** A whole product for a benchmark: an embedded PostgreSQL, its programme and people, and real API processes. */
export async function openPremiere(options: {
  screenings: number;
  buyers: number;
  apis: number;
  holdSeconds: number;
  /** A folder for profiles of the API, of the measured part alone. */
  profile?: string | undefined;
  profileOf?: string | undefined;
}): Promise<Premiere> {
  await buildWebWhenNeeded(ROOT);
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-bench-'));
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'data'),
    port: 0,
    password: 'bench',
    database: 'bench',
    settings: DATABASE_SETTINGS,
  });
  const db = createDatabase({ connectionString: server.url, connectionsMax: 4, statementTimeoutMs: 300_000 });
  await migrate(db, ROOT);
  const keys = {
    CPF_HMAC_KEY: randomBytes(32).toString('base64'),
    CPF_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  const world = await registerPremiere(db, options.screenings);
  await signBuyersIn(db, options.buyers, keys);
  const apis = await Promise.all(Array.from({ length: options.apis }, () => startApi(server, folder, keys, options)));
  const ports = apis.map((api) => api.port);
  const premiere: Premiere = {
    db,
    url: server.url,
    world,
    buyers: options.buyers,
    ports,
    processorSeconds: async () => {
      const api = await Promise.all(apis.map(({ child }) => processorSeconds(child.pid!)));
      const postgres = await processorSeconds(server.pid);
      if (postgres === null) return null;
      return { api: api.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0), postgres };
    },
    apiMemoryMb: async () => {
      const sizes = await Promise.all(apis.map(({ child }) => residentBytes(child.pid!)));
      return sizes.reduce((sum, size) => sum + size, 0) / 1e6;
    },
    generate: (plan) =>
      generate(premiere, folder, plan, () => {
        if (options.profile) for (const { child } of apis) child.kill('SIGUSR2');
      }),
    close: async () => {
      await Promise.all(apis.map((api) => api.stop()));
      await db.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return premiere;
}

async function startApi(
  server: EmbeddedPostgres,
  folder: string,
  keys: Record<string, string>,
  options: { holdSeconds: number; profile?: string | undefined; profileOf?: string | undefined },
): Promise<{ port: number; child: ChildProcess; stop(): Promise<void> }> {
  const port = await freePort();
  const profiler = options.profile ? ['--import', join(ROOT, 'benchmarks/premiere/profile-on-signal.ts')] : [];
  const child = spawn(process.execPath, [...API_NODE_FLAGS, ...profiler, join(ROOT, 'apps/api/main.ts')], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      PATH: process.env['PATH'] ?? '',
      DATABASE_URL: server.url,
      API_PORT: String(port),
      LOG_LEVEL: 'warn',
      TRUST_PROXY: 'true',
      DATA_DIR: join(folder, 'uploads'),
      ...(options.profile
        ? { POLTRONA_PROFILE: resolve(options.profile), POLTRONA_PROFILE_OF: options.profileOf ?? 'cpu' }
        : {}),
      HOLD_MINUTES: String(options.holdSeconds / 60),
      TICKET_SIGNING_KEY: generateKeyPairSync('ed25519')
        .privateKey.export({ format: 'der', type: 'pkcs8' })
        .toString('base64'),
      ...keys,
    },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`http://127.0.0.1:${port}/api/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null || tries > 300) throw new Error('an API process did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    child,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function generate(
  premiere: Premiere,
  folder: string,
  { traffic, ...rest }: Parameters<Premiere['generate']>[0],
  turnProfile: () => void,
): ReturnType<Premiere['generate']> {
  const { world, buyers, ports } = premiere;
  const plan: GeneratorPlan = { ...rest, traffic: { ...traffic, world, buyers, ports } };
  const file = join(folder, 'plan.json');
  await writeFile(file, JSON.stringify(plan));
  const child = spawn(process.execPath, [join(ROOT, 'benchmarks/premiere/generator.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const begun = new Promise<Awaited<ReturnType<Premiere['processorSeconds']>>>((begin) => {
    child.once('message', () => {
      turnProfile();
      begin(premiere.processorSeconds());
    });
    child.once('exit', () => begin(null));
  });
  for await (const line of createInterface(child.stdout!)) {
    const after = await premiere.processorSeconds();
    turnProfile();
    const before = await begun;
    return {
      ...(JSON.parse(line) as GeneratorResult),
      apiSeconds: after && before ? after.api - before.api : Number.NaN,
      postgresSeconds: after && before ? after.postgres - before.postgres : Number.NaN,
      apiMemoryMb: await premiere.apiMemoryMb(),
    };
  }
  throw new Error('the generator ended without a result');
}
