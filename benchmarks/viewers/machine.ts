import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { API_NODE_FLAGS } from '../../apps/node-flags.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/** Milliseconds of the machine's monotonic clock, the same in every process of it. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Says in words what to do when one process may not open so many files; node itself raises the soft limit. */
export function refuseFewFiles(needed: number): void {
  const hard = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (hard === 'unlimited' || Number(hard) >= needed) return;
  throw new Error(`One process may open ${hard} files here and ${needed} are needed: raise it (ulimit -Hn ${needed}).`);
}

/** Seconds that the main thread of a process was ready to run and no processor was free: what others took from it. */
export async function waitedSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  return Number(text.split(' ')[1] ?? 0) / 1e9;
}

export type ApiProcess = { pid: number; port: number; stop(): Promise<void>; kill(): Promise<void> };

const secrets = {
  CPF_HMAC_KEY: randomBytes(32).toString('base64'),
  CPF_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  TICKET_SIGNING_KEY: generateKeyPairSync('ed25519')
    .privateKey.export({ type: 'pkcs8', format: 'der' })
    .toString('base64'),
};

/** The API as it is delivered, all limits as shipped, in a process of its own. `flags` go to node (a profiler). */
export async function startApi(options: {
  databaseUrl: string;
  port: number;
  folder: string;
  flags?: readonly string[];
}): Promise<ApiProcess> {
  const { databaseUrl, port, folder } = options;
  const child = spawn(process.execPath, [...API_NODE_FLAGS, ...(options.flags ?? []), join(ROOT, 'apps/api/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { DATABASE_URL: databaseUrl, API_PORT: String(port), DATA_DIR: folder, LOG_LEVEL: 'warn', ...secrets },
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await exited;
  };
  process.once('exit', () => child.kill('SIGKILL'));
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error('the API ended before it listened');
    await wait(20);
  }
  return { pid: child.pid!, port, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
