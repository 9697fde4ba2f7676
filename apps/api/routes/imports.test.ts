import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import type { ImportRun } from '#contracts/imports';
import { newId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { testDatabase } from '#testing/database';
import { createStreams } from '../live/streams.ts';
import { registerImportRoutes } from './imports.ts';

const db = await testDatabase();
const dataDir = await mkdtemp(join(tmpdir(), 'poltrona-uploads-'));
const staff = (role: 'manager' | 'administrator' | 'usher') => ({
  sessionId: newId(),
  accountId: newId(),
  role,
  buyerKey: null,
});
const api = await testApi({ ada: staff('administrator'), max: staff('manager'), uli: staff('usher') }, (server) =>
  registerImportRoutes(server, { db, dataDir, streams: createStreams(), log: pino({ level: 'silent' }) }),
);

const MOVIES = 'codigo;titulo\nhttp1;Um\nhttp2;\n';
const upload = (text: string | Buffer, who: string, query: string, key: string = newId()) =>
  api.inject({
    method: 'POST',
    url: `/api/admin/imports?${query}`,
    cookies: as(who),
    headers: { 'idempotency-key': key, 'content-type': 'application/octet-stream' },
    payload: text,
  });
const post = (url: string, who = 'ada') =>
  api.inject({ method: 'POST', url, cookies: as(who), headers: { 'idempotency-key': newId() } });
const get = (url: string, who = 'max') => api.inject({ url, cookies: as(who) });

async function until(run: string, statuses: ImportRun['status'][]): Promise<ImportRun> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const found = (await get(`/api/admin/imports/${run}`)).json<ImportRun>();
    if (statuses.includes(found.status)) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`the run never became ${statuses.join(' or ')}`);
}

test('an uploaded file is planned, applied, listed and undone; a manager looks on and changes nothing', async () => {
  const answer = await upload(MOVIES, 'ada', 'kind=movies&fileName=filmes.csv&dryRun=true');
  assert.equal(answer.statusCode, 201);
  const { run } = answer.json<ImportRun>();
  const planned = await until(run, ['planned']);
  assert.deepEqual([planned.created, planned.errors, planned.canApply], [1, 1, true]);
  assert.deepEqual(await db.rows('select 1 from catalog.movies'), []);
  assert.equal((await post(`/api/admin/imports/${run}/apply`, 'max')).statusCode, 403);
  assert.equal((await post(`/api/admin/imports/${run}/apply`)).statusCode, 200);
  const done = await until(run, ['done_with_errors']);
  assert.deepEqual([done.created, done.errors, done.canUndo], [1, 1, true]);
  assert.equal((await post(`/api/admin/imports/${run}/apply`)).json<{ code: string }>().code, 'run_not_planned');
  const errors = (await get(`/api/admin/imports/${run}/errors`)).json<{ total: number }>();
  assert.equal(errors.total, 1);
  assert.equal((await get('/api/admin/imports')).json<{ runs: ImportRun[] }>().runs[0]?.run, run);
  assert.equal((await post(`/api/admin/imports/${run}/undo`)).json<ImportRun>().status, 'undone');
  assert.deepEqual(await db.rows('select 1 from catalog.movies'), []);
  assert.equal((await post(`/api/admin/imports/${run}/undo`)).statusCode, 409);
});

test('strangers and ushers are turned away before the body is read, and a missing key too', async () => {
  assert.equal((await upload(MOVIES, 'nobody', 'kind=movies&fileName=f')).statusCode, 401);
  assert.equal((await upload(MOVIES, 'max', 'kind=movies&fileName=f')).statusCode, 403);
  assert.equal((await upload(MOVIES, 'ada', 'kind=movies&fileName=f', '')).statusCode, 400);
  assert.equal((await upload(MOVIES, 'ada', 'kind=popcorn&fileName=f')).statusCode, 422);
  assert.equal((await get('/api/admin/imports', 'uli')).statusCode, 403);
  assert.equal((await get(`/api/admin/imports/${newId()}`)).statusCode, 404);
  assert.equal((await post(`/api/admin/imports/${newId()}/undo`)).statusCode, 404);
});

test('the same key and file make one run; the same key with another file is told so', async () => {
  const key = newId();
  const first = await upload(MOVIES, 'ada', 'kind=movies&fileName=f', key);
  const again = await upload(MOVIES, 'ada', 'kind=movies&fileName=f', key);
  assert.equal(again.body, first.body);
  assert.equal(again.headers['idempotent-replayed'], 'true');
  assert.equal((await upload('other', 'ada', 'kind=movies&fileName=f', key)).statusCode, 422);
  await until(first.json<ImportRun>().run, ['done_with_errors']);
});

test('templates come in three formats and load as they are, one kind after the other', async () => {
  for (const kind of ['theaters', 'movies', 'screenings', 'tickets']) {
    for (const format of ['csv', 'xlsx', 'json']) {
      const template = await get(`/api/admin/import-templates/${kind}.${format}`);
      assert.equal(template.statusCode, 200);
      const sent = await upload(template.rawPayload, 'ada', `kind=${kind}&fileName=modelo`);
      const run = await until(sent.json<ImportRun>().run, ['done', 'done_with_errors', 'refused']);
      assert.deepEqual([kind, format, run.status, run.errors], [kind, format, 'done', 0]);
      if (format !== 'csv') assert.deepEqual([run.created, run.updated], [0, 0], `${kind}.${format} says the same`);
    }
  }
  assert.equal((await get('/api/admin/import-templates/popcorn.csv')).statusCode, 422);
});

test('the error list as a file starts no formula', async () => {
  const evil = ['=1+1', '+1', '-1', '@SUM(1)', '  =1'];
  const rows = evil.map((text, index) => `evil${index};Filme;${text}`).join('\n');
  const sent = await upload(`codigo;titulo;duracao\n${rows}\n`, 'ada', 'kind=movies&fileName=f');
  const run = await until(sent.json<ImportRun>().run, ['done_with_errors']);
  const csv = await get(`/api/admin/imports/${run.run}/errors.csv`);
  assert.match(csv.headers['content-disposition'] as string, /attachment/);
  const values = csv.body
    .trim()
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(';')[4]!);
  assert.equal(values.length, evil.length);
  assert.ok(
    values.every((value) => value.startsWith("'")),
    values.join('\n'),
  );
});
