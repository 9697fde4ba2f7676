import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Ended, runCommand } from '#testing/command';
import { testDatabase } from '#testing/database';

// The real command, in a process of its own.

const db = await testDatabase();
const folder = await mkdtemp(join(tmpdir(), 'poltrona-cli-'));

const command = (args: string[], settings: Record<string, string>) => runCommand('apps/cli/import.ts', args, settings);

const file = async (name: string, text: string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const dataDir = async (content: string | null): Promise<{ DATA_DIR: string }> => {
  const path = await mkdtemp(join(folder, 'data-'));
  if (content !== null) await writeFile(join(path, 'database.json'), content);
  return { DATA_DIR: path };
};
const lastLine = (ended: Ended) => JSON.parse(ended.out.trim().split('\n').at(-1)!) as Record<string, unknown>;

test('without DATABASE_URL the command finds the running database in DATA_DIR and tells what it did', async () => {
  const running = await dataDir(JSON.stringify({ url: db.connectionString }));
  const good = await file('good.csv', 'codigo;titulo\nc1;Um\nc2;Dois\n');
  const first = await command(['movies', good, '--json'], running);
  const counts = { status: 'done', rows: 2, created: 2, updated: 0, unchanged: 0, errors: 0 };
  const told = lastLine(first);
  assert.deepEqual([first.code, { ...told, ...counts }], [0, told]);
  assert.match(told['run'] as string, /^[0-9a-f-]{36}$/);
  assert.equal((await db.rows('select 1 from catalog.movies')).length, 2);
  const again = lastLine(await command(['movies', good, '--json'], running));
  assert.deepEqual([again['created'], again['updated'], again['unchanged']], [0, 0, 2]);
});

test('the exit code is 0 only when no row failed, 2 when nothing was understood', async () => {
  const running = await dataDir(JSON.stringify({ url: db.connectionString }));
  const bad = await command(['movies', await file('bad.csv', 'codigo;titulo\n;Um\nc3;Três\n'), '--json'], running);
  assert.deepEqual([bad.code, lastLine(bad)['errors'], lastLine(bad)['created']], [1, 1, 1]);
  const refused = await command(['movies', await file('refused.csv', 'x;y\n1;2\n'), '--json'], running);
  assert.deepEqual([refused.code, lastLine(refused)['status']], [2, 'refused']);
  const missing = await command(['movies', join(folder, 'nowhere.csv'), '--json'], running);
  assert.deepEqual([missing.code, (lastLine(missing)['refusal'] as { code: string }).code], [2, 'file_missing']);
  assert.equal((await command(['popcorn', 'x'], running)).code, 2);
});

test('with --json the last line is one JSON object in every case, also when nothing was understood', async () => {
  const running = await dataDir(JSON.stringify({ url: db.connectionString }));
  const usage = { run: null, status: 'refused', code: 'usage', refusal: { code: 'usage' } };
  for (const args of [['popcorn', 'x'], [], ['movies'], ['--resume', '7'], ['movies', 'x', '--nonsense']]) {
    const ended = await command([...args, '--json'], running);
    assert.deepEqual([ended.code, lastLine(ended)], [2, usage], args.join(' '));
    assert.equal((await command(args, running)).out, '');
  }
  const done = lastLine(
    await command(['movies', await file('once.csv', 'codigo;titulo\nc7;Sete\n'), '--json'], running),
  );
  const over = await command(['--resume', done['run'] as string, '--json'], running);
  const told = { run: done['run'], status: 'refused', code: 'run_over', refusal: { code: 'run_over' } };
  assert.deepEqual([over.code, lastLine(over)], [2, told]);
});

test('DATABASE_URL goes before DATA_DIR', async () => {
  const elsewhere = await dataDir(JSON.stringify({ url: 'postgres://nobody@127.0.0.1:9/nothing' }));
  const plan = ['movies', await file('plan.csv', 'codigo;titulo\nc9;Nove\n'), '--dry-run', '--json'];
  const planned = await command(plan, { ...elsewhere, DATABASE_URL: db.connectionString });
  assert.deepEqual([planned.code, lastLine(planned)['status']], [0, 'planned']);
  const unanswered = await command(plan, elsewhere);
  assert.deepEqual([unanswered.code, lastLine(unanswered)['code']], [2, 'database_unreachable']);
  assert.match(unanswered.err, /does not answer \(ECONNREFUSED\)/);
});

test('with no database the command says what to do, whatever lies in DATA_DIR', async () => {
  for (const content of [null, '', '{"url": 7}', '{"url"']) {
    const ended = await command(['movies', 'any.csv', '--json'], await dataDir(content));
    assert.deepEqual([ended.code, lastLine(ended)['code']], [2, 'database_unreachable']);
    assert.match(ended.err, /^No database: run `npm start`/);
  }
});
