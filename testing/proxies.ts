import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#platform/embedded-postgres';
import { endWithUs } from './api-process.ts';
import { ROOT } from './database.ts';
import type { Edit } from './racing.ts';

export const PROXIES = ['haproxy', 'nginx'] as const;
export type ProxyName = (typeof PROXIES)[number];

export type RunningProxy = {
  pid: number;
  port: number;
  url: string;
  /** A command for the administrator's socket (HAProxy only); its answer. */
  command(text: string): Promise<string>;
  stop(): Promise<void>;
};

/** Why this proxy cannot be tried here; false when it can. For the `skip` of a test. */
export async function missing(name: ProxyName): Promise<string | false> {
  const found = await run(name, [name === 'nginx' ? '-v' : '-vv']).catch(() => null);
  return found === null
    ? `${name} is not installed here (apt-get install ${name}); its configuration was not tried`
    : false;
}

/**
 * The proxy with the configuration of infra/ as delivered, before the API processes on these ports of the loopback
 * address. `edits` change the text first, to show what a line is good for; each must find its place.
 */
export async function startProxy(
  name: ProxyName,
  apiPorts: readonly number[],
  edits: readonly Edit[] = [],
  options: { quietPort?: number; connectionsMax?: number } = {},
): Promise<RunningProxy> {
  const folder = await mkdtemp(join(tmpdir(), `poltrona-${name}-`));
  const port = await freePort();
  const command = await (name === 'haproxy' ? haproxy : nginx)({
    folder,
    port,
    apiPorts,
    edits,
    quietPort: options.quietPort ?? null,
    connectionsMax: options.connectionsMax ?? 400,
  });
  const checked = await run(command.program, command.check, command.env).catch((error: Error) => error);
  if (checked instanceof Error) throw checked;
  const child = spawn(command.program, command.args, {
    env: { ...command.env, PATH: PATH_WITH_SBIN },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  endWithUs(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => lines.push(data.toString()));
  await untilListening(port, child, lines);
  return {
    pid: child.pid!,
    port,
    url: `http://127.0.0.1:${port}`,
    command: (text) => ask(join(folder, 'admin.sock'), text),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

// Debian keeps both beside the tools of an administrator.
const PATH_WITH_SBIN = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';

type Plan = {
  folder: string;
  port: number;
  apiPorts: readonly number[];
  quietPort: number | null;
  edits: readonly Edit[];
  /** On each of both sides. */
  connectionsMax: number;
};
type Command = { program: string; args: string[]; check: string[]; env: Record<string, string> };

async function haproxy({ folder, port, apiPorts, quietPort, edits, connectionsMax }: Plan): Promise<Command> {
  const file = join(folder, 'haproxy.cfg');
  await edited(join(ROOT, 'infra/haproxy/haproxy.cfg'), file, edits);
  const env = {
    HAPROXY_BIND: `127.0.0.1:${port}`,
    HAPROXY_SOCKET: join(folder, 'admin.sock'),
    HAPROXY_MAXCONN: String(connectionsMax),
    ...(quietPort === null ? {} : { API_QUIET: `127.0.0.1:${quietPort}` }),
    ...Object.fromEntries(apiPorts.map((apiPort, at) => [`API_${at + 1}`, `127.0.0.1:${apiPort}`])),
  };
  return { program: 'haproxy', args: ['-db', '-f', file], check: ['-c', '-f', file], env };
}

/** nginx reads no environment, so a copy gets the addresses, and folders that this user may write. */
async function nginx({ folder, port, apiPorts, quietPort, edits, connectionsMax }: Plan): Promise<Command> {
  await cp(join(ROOT, 'infra/nginx'), folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  await edited(file, file, [
    ['listen 8080 backlog=4096;', `listen 127.0.0.1:${port};`],
    ['/tmp/poltrona-nginx.pid', join(folder, 'nginx.pid')],
    ['/dev/shm/poltrona-nginx', join(folder, 'reads')],
    [
      'worker_rlimit_nofile 65536;',
      process.getuid?.() === 0 ? `user root; worker_rlimit_nofile ${4_096 + 2 * connectionsMax};` : '',
    ],
    ['worker_connections 16384;', `worker_connections ${connectionsMax};`],
    ['http {', `http {\n${folders.join('\n')}`],
    ...edits,
  ]);
  const servers = join(folder, 'api-servers.conf');
  const first = (await readFile(servers, 'utf8')).split('\n').find((line) => line.startsWith('server '));
  if (!first?.includes('127.0.0.1:3001')) throw new Error('api-servers.conf does not begin with 127.0.0.1:3001');
  const server = (to: number) => first.replace('3001', String(to));
  await writeFile(servers, apiPorts.map(server).join('\n'));
  const others = apiPorts.map((to) => server(to).replace(' max_fails', ' backup max_fails'));
  const quiet = quietPort === null ? apiPorts.map(server) : [server(quietPort), ...others];
  await writeFile(join(folder, 'quiet-servers.conf'), quiet.join('\n'));
  const args = ['-c', file, '-e', 'stderr'];
  return { program: 'nginx', args: [...args, '-g', 'daemon off;'], check: [...args, '-t', '-q'], env: {} };
}

async function edited(from: string, to: string, edits: readonly Edit[]): Promise<void> {
  let text = await readFile(from, 'utf8');
  for (const [find, put] of edits) {
    const changed = text.replaceAll(find, put);
    if (changed === text) throw new Error(`${from} has no ${String(find)}`);
    text = changed;
  }
  await writeFile(to, text);
}

function run(program: string, args: string[], env: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { env: { ...env, PATH: PATH_WITH_SBIN } }, (error, stdout, stderr) =>
      error ? reject(new Error(`${program}: ${stderr || error.message}`)) : resolve(stdout),
    );
  });
}

async function ask(socketPath: string, text: string): Promise<string> {
  const socket = connect(socketPath);
  socket.write(`${text}\n`);
  let answer = '';
  for await (const piece of socket.setEncoding('utf8')) answer += String(piece);
  return answer.trim();
}

const START_MS_MAX = 10_000;

async function untilListening(port: number, child: ChildProcess, lines: string[]): Promise<void> {
  const until = performance.now() + START_MS_MAX;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`does not listen: ${lines.join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
