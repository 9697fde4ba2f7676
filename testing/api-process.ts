import { generateKeyPairSync } from 'node:crypto';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#platform/embedded-postgres';
import { API_NODE_FLAGS } from '../apps/node-flags.ts';
import { ROOT } from './database.ts';
import { TEST_KEYS } from './people.ts';

export type ApiProcess = {
  pid: number;
  port: number;
  url: string;
  /** SIGKILL: no goodbye to anybody. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

const READY_MS_MAX = 30_000;

/**
 * The real API in a process of its own, behind a proxy (TRUST_PROXY), with the keys of `testAccounts`, on a free port
 * unless `settings` say API_PORT. `flags` go to node.
 */
export async function startApiProcess(
  databaseUrl: string,
  settings: Record<string, string> = {},
  options: { flags?: readonly string[]; output?: 'inherit' | 'ignore' } = {},
): Promise<ApiProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-api-'));
  const port = Number(settings['API_PORT'] ?? (await freePort()));
  const { privateKey } = generateKeyPairSync('ed25519');
  const child = spawn(process.execPath, [...API_NODE_FLAGS, ...(options.flags ?? []), 'apps/api/main.ts'], {
    cwd: ROOT,
    stdio: ['ignore', options.output ?? 'ignore', 'inherit'],
    env: {
      DATABASE_URL: databaseUrl,
      CPF_HMAC_KEY: TEST_KEYS.cpfHmacKey,
      CPF_ENCRYPTION_KEY: TEST_KEYS.cpfEncryptionKey,
      TICKET_SIGNING_KEY: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      API_PORT: String(port),
      DATA_DIR: folder,
      TRUST_PROXY: 'true',
      ...settings,
    },
  });
  endWithUs(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  await untilHealthy(url, child);
  return { pid: child.pid!, port, url, kill: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

/** A test that breaks off leaves no process behind. */
export function endWithUs(child: ChildProcess): void {
  const tell = () => child.kill('SIGKILL');
  process.once('exit', tell);
  child.once('exit', () => process.off('exit', tell));
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + READY_MS_MAX;
  while (
    !(await fetch(`${url}/api/health`).then(
      (answer) => answer.ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`the API ended with code ${child.exitCode}`);
    if (performance.now() > until) throw new Error('the API is not healthy in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
