import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Database } from '#platform/postgres';
import { type ApiProcess, startApiProcess } from '#testing/api-process';
import { missing, PROXIES, type RunningProxy, startProxy } from '#testing/proxies';
import { buildWebWhenNeeded } from '../../apps/laptop/build-web.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { processorSeconds, residentBytes } from '../processor-time.ts';
import { signBuyersIn } from './people.ts';
import type { GeneratorPlan, GeneratorResult } from './generator.ts';
import { type Processors, shareProcessors } from './processors.ts';
import type { Traffic } from './traffic.ts';
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
export type PremiereLoad = GeneratorResult & {
  apiSeconds: number;
  postgresSeconds: number;
  /** 0 without one. */
  proxySeconds: number;
  apiMemoryMb: number;
};

export type Premiere = {
  db: Database;
  url: string;
  world: World;
  buyers: number;
  /** Where the generator knocks: at the processes, each with its screenings, or at the proxy before them. */
  ports: number[];
  /** Where everybody else does. */
  besidePort: number;
  proxied: boolean;
  processors: Processors;
  /** Processor seconds used so far, by part; null where the system does not tell. */
  processorSeconds(): Promise<{ api: number; postgres: number; proxy: number } | null>;
  /** Resident memory of all API processes; NaN where the system does not tell. */
  apiMemoryMb(): Promise<number>;
  generate(
    plan: Omit<GeneratorPlan, 'traffic' | 'asPeople'> & {
      traffic: Omit<Traffic, 'world' | 'buyers' | 'ports' | 'holdsBefore'>;
    },
  ): Promise<PremiereLoad>;
  close(): Promise<void>;
};

/** A whole product for a benchmark: an embedded PostgreSQL, its programme and people, and real API processes. */
export async function openPremiere(options: {
  screenings: number;
  buyers: number;
  apis: number;
  holdSeconds: number;
  /** One more API process for everything but the rush, as infra/ sends it there. */
  quiet: boolean;
  /** haproxy or nginx of infra/ before the processes. */
  proxy: string | undefined;
  /** The generator on a processor of its own (processors.ts). */
  apart: boolean;
  /** A folder for profiles of the API, of the measured part alone. */
  profile?: string | undefined;
  profileOf?: string | undefined;
}): Promise<Premiere> {
  const processors = shareProcessors(options.apart);
  if (options.profile) await mkdir(options.profile, { recursive: true });
  await buildWebWhenNeeded(ROOT);
  const { db, server, folder, close } = await openBenchDatabase({ settings: DATABASE_SETTINGS });
  const world = await registerPremiere(db, options.screenings);
  await signBuyersIn(db, options.buyers);
  const apis = await Promise.all(Array.from({ length: options.apis }, () => startApi(server.url, options)));
  const quiet = options.quiet ? await startApi(server.url, options) : null;
  const everyApi = quiet ? [...apis, quiet] : apis;
  const apiPorts = apis.map((api) => api.port);
  const proxy = options.proxy ? await startProxyBefore(options.proxy, apiPorts, quiet) : null;
  const ports = proxy ? [proxy.port] : apiPorts;
  let holds = 0;
  const premiere: Premiere = {
    db,
    url: server.url,
    world,
    buyers: options.buyers,
    ports,
    proxied: proxy !== null,
    besidePort: proxy?.port ?? quiet?.port ?? ports[0]!,
    processors,
    processorSeconds: async () => {
      const api = await Promise.all(everyApi.map(({ pid }) => processorSeconds(pid)));
      const postgres = await processorSeconds(server.pid);
      if (postgres === null) return null;
      return {
        api: api.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0),
        postgres,
        proxy: proxy ? ((await processorSeconds(proxy.pid)) ?? Number.NaN) : 0,
      };
    },
    apiMemoryMb: async () => {
      const sizes = await Promise.all(everyApi.map(({ pid }) => residentBytes(pid)));
      return sizes.reduce((sum, size) => sum + size, 0) / 1e6;
    },
    generate: (plan) => {
      const holdsBefore = holds;
      holds += Math.ceil(plan.traffic.holdsPerSecond * (plan.warmUpSeconds + plan.seconds));
      if (holds > options.buyers * world.hot.length) console.log('buyers come back from here on: give more --buyers');
      return generate(premiere, folder, { ...plan, traffic: { ...plan.traffic, holdsBefore } }, () => {
        if (options.profile) for (const { pid } of apis) process.kill(pid, 'SIGUSR2');
      });
    },
    close: async () => {
      await proxy?.stop();
      await Promise.all(everyApi.map((api) => api.stop()));
      await close();
    },
  };
  return premiere;
}

async function startProxyBefore(name: string, ports: number[], quiet: ApiProcess | null): Promise<RunningProxy> {
  const known = PROXIES.find((one) => one === name);
  if (!known) throw new Error(`--proxy is one of ${PROXIES.join(', ')}`);
  const reason = await missing(known);
  if (reason) throw new Error(reason);
  return startProxy(known, ports, [], { connectionsMax: 8_000, ...(quiet ? { quietPort: quiet.port } : {}) });
}

function startApi(
  databaseUrl: string,
  options: { holdSeconds: number; profile?: string | undefined; profileOf?: string | undefined },
): Promise<ApiProcess> {
  const profiler = options.profile
    ? { POLTRONA_PROFILE: resolve(options.profile), POLTRONA_PROFILE_OF: options.profileOf ?? 'cpu' }
    : null;
  return startApiProcess(
    databaseUrl,
    { LOG_LEVEL: 'warn', HOLD_MINUTES: String(options.holdSeconds / 60), ...profiler },
    {
      flags: profiler ? ['--import', join(ROOT, 'benchmarks/premiere/profile-on-signal.ts')] : [],
      output: 'inherit',
    },
  );
}

async function generate(
  premiere: Premiere,
  folder: string,
  {
    traffic,
    ...rest
  }: Omit<GeneratorPlan, 'traffic' | 'asPeople'> & {
    traffic: Omit<Traffic, 'world' | 'buyers' | 'ports'>;
  },
  turnProfile: () => void,
): ReturnType<Premiere['generate']> {
  const { world, buyers, ports } = premiere;
  const plan: GeneratorPlan = { ...rest, asPeople: premiere.proxied, traffic: { ...traffic, world, buyers, ports } };
  const file = join(folder, 'plan.json');
  await writeFile(file, JSON.stringify(plan));
  const [program, ...args] = [
    ...premiere.processors.generatorPrefix,
    process.execPath,
    join(ROOT, 'benchmarks/premiere/generator.ts'),
    file,
  ];
  const child = spawn(program!, args, {
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
      proxySeconds: after && before ? after.proxy - before.proxy : Number.NaN,
      apiMemoryMb: await premiere.apiMemoryMb(),
    };
  }
  throw new Error('the generator ended without a result');
}
