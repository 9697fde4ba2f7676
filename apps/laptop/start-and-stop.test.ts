import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { freePort, portTaken } from '#platform/embedded-postgres';
import { ROOT } from '#testing/database';

// The real command, in a process of its own, stopped at the worst moments.

const base = await mkdtemp(join(tmpdir(), 'poltrona-start-'));
after(() => rm(base, { recursive: true, force: true }));

type Start = {
  child: ChildProcess;
  said(): string;
  until(pattern: RegExp): Promise<void>;
  ended: Promise<number | null>;
};

function start(program: string, args: string[], settings: Record<string, string>): Start {
  const { DATABASE_URL: _ours, npm_lifecycle_event: _npm, ...inherited } = process.env;
  const env = { ...inherited, DEMO: 'false', WEB_BUILD: 'false', ...settings };
  const child = spawn(program, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const until = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => pattern.test(text) && resolve();
      listeners.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without ${pattern}: ${text}`)));
    });
  return { child, said: () => text, until, ended };
}

const startNode = (settings: Record<string, string>) => start(process.execPath, ['apps/laptop/start.mjs'], settings);

async function freeSettings(): Promise<Record<string, string>> {
  const names = ['API_PORT', 'SANDBOX_PORT', 'MAILBOX_PORT', 'SMTP_PORT'];
  const ports = await Promise.all(names.map(() => freePort()));
  return {
    DATA_DIR: await mkdtemp(join(base, 'data-')),
    ...Object.fromEntries(names.map((name, at) => [name, String(ports[at])])),
  };
}

/** A server that runs, or was killed, leaves this file; one that was stopped in order removes it. */
const assertDatabaseStopped = (settings: Record<string, string>) =>
  assert.rejects(readFile(join(settings['DATA_DIR']!, 'postgresql/postmaster.pid')), { code: 'ENOENT' });

const MOMENTS = [/Starting Poltrona/, /PostgreSQL 18: running/, /migrations and/, /Web application/];

for (const moment of MOMENTS) {
  test(`a start that is ended right after "${moment.source}" leaves no PostgreSQL behind`, async () => {
    const settings = await freeSettings();
    const run = startNode(settings);
    await run.until(moment);
    // The terminal's own, and the one that npm passes on: one wish.
    run.child.kill('SIGINT');
    run.child.kill('SIGTERM');
    assert.equal(await run.ended, 0, run.said());
    assert.match(run.said(), /\nStopping …\nStopped\.\n$/);
    await assertDatabaseStopped(settings);
  });
}

test('a child that cannot start ends everything that was started, with a word', async () => {
  const settings = await freeSettings();
  // Fits the laptop's rules, and the first process that needs it finds out that it is no key.
  const run = startNode({ ...settings, TICKET_SIGNING_KEY: 'x'.repeat(60) });
  assert.equal(await run.ended, 1, run.said());
  assert.match(run.said(), /\nworker is gone \(.*\); stopping everything\.\nStopped\.\n$/);
  await assertDatabaseStopped(settings);
});

for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL'] as const) {
  test(`${signal} to the npm process alone stops the running house`, async () => {
    const settings = await freeSettings();
    const run = start('npm', ['start'], settings);
    await run.until(/Poltrona is ready/);
    run.child.kill(signal);
    await run.ended;
    assert.match(run.said(), /Stopping …\nStopped\.\n/);
    await assertDatabaseStopped(settings);
  });
}

test('several API processes answer on ports that follow one another', async () => {
  const settings = await freeSettings();
  const isOurs = (port: number) => Object.values(settings).includes(String(port));
  let port = Number(settings['API_PORT']);
  while (isOurs(port + 1) || (await portTaken(port + 1))) port = await freePort();
  const run = startNode({ ...settings, API_PORT: String(port), API_PROCESSES: '2' });
  await run.until(/Poltrona is ready/);
  const answers = await Promise.all([port, port + 1].map((each) => fetch(`http://127.0.0.1:${each}/api/health`)));
  run.child.kill('SIGINT');
  assert.equal(await run.ended, 0, run.said());
  assert.deepEqual(
    answers.map((answer) => answer.status),
    [200, 200],
  );
});

test('two settings with the same port, and a folder that cannot be, are refused before anything starts', async () => {
  const settings = await freeSettings();
  const shared = startNode({ ...settings, SMTP_PORT: settings['API_PORT']! });
  assert.equal(await shared.ended, 1);
  assert.match(shared.said(), /\nAPI_PORT and SMTP_PORT are all set to port \d+: give each its own\.\n$/);
  const noFolder = startNode({ ...settings, DATA_DIR: '/dev/null/nope' });
  assert.equal(await noFolder.ended, 1);
  assert.match(noFolder.said(), /The data folder \/dev\/null\/nope cannot be written/);
  await assert.rejects(readFile(join(settings['DATA_DIR']!, 'postgresql/PG_VERSION')), { code: 'ENOENT' });
});
