import assert from 'node:assert/strict';
import { mkdtemp, readdir } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import type { ImportRun } from '#contracts/imports';
import { newId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { testDatabase } from '#testing/database';
import { createStreams } from '../live/streams.ts';
import { registerImportRoutes } from './imports.ts';

// Over real connections: what a body that is too big and a page that follows a run really get.

const BYTES_MAX = 1024 * 1024;
const db = await testDatabase();
const dataDir = await mkdtemp(join(tmpdir(), 'poltrona-uploads-'));
const streams = createStreams();
const person = (role: 'administrator' | 'manager') => ({
  sessionId: newId(),
  accountId: newId(),
  role,
  buyerKey: null,
});
const api = await testApi({ ada: person('administrator'), max: person('manager') }, (server) =>
  registerImportRoutes(server, { db, dataDir, streams, log: pino({ level: 'silent' }), uploadBytesMax: BYTES_MAX }),
);
await api.listen({ port: 0, host: '127.0.0.1' });
after(async () => {
  streams.close();
  await api.close();
});
const { port } = api.server.address() as AddressInfo;
const cookieOf = (who: string) =>
  Object.entries(as(who))
    .map((pair) => pair.join('='))
    .join('; ');

type Answer = { status: number; type: string; body: Record<string, unknown> };

/** Sends `bytes` bytes of a movies file piece by piece until they are all gone or an answer comes. */
function send(bytes: number, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      // As browsers and proxies: the connection stays. One each, since one request promises more than it sends.
      agent: new Agent({ keepAlive: true }),
      method: 'POST',
      path: '/api/admin/imports?kind=movies&fileName=grande.csv',
      headers: { cookie: cookieOf('ada'), 'idempotency-key': newId(), 'content-type': 'text/csv', ...headers },
    });
    const answered = new AbortController();
    request.on('response', (response) => {
      answered.abort();
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () =>
        resolve({
          status: response.statusCode!,
          type: response.headers['content-type'] ?? '',
          body: JSON.parse(text) as Record<string, unknown>,
        }),
      );
    });
    // A server that has answered may hang up on what is still being sent.
    request.on('error', (error) => (answered.signal.aborted ? undefined : reject(error)));
    const line = 'codigo;titulo\n'.padEnd(64 * 1024, 'x');
    void (async () => {
      for (let left = bytes; left > 0 && !answered.signal.aborted && !request.destroyed; left -= line.length) {
        request.write(line.slice(0, left));
        await pause(0);
      }
      request.end();
    })();
  });
}

const runs = () => db.rows('select 1 from imports.runs');

test('a body that says it is too big gets 413 before it is sent, and leaves no file and no run', async () => {
  const answer = await send(64, { 'content-length': String(BYTES_MAX + 1) });
  assert.deepEqual([answer.status, answer.body['code']], [413, 'body_too_large']);
  assert.match(answer.type, /^application\/problem\+json/);
  assert.deepEqual([await runs(), await readdir(join(dataDir, 'imports'))], [[], []]);
});

test('a body that does not say its size gets 413 once it is too big; what came of it is deleted', async () => {
  const answer = await send(3 * BYTES_MAX, { 'transfer-encoding': 'chunked' });
  assert.deepEqual([answer.status, answer.body['code']], [413, 'body_too_large']);
  assert.match(answer.type, /^application\/problem\+json/);
  assert.deepEqual([await runs(), await readdir(join(dataDir, 'imports'))], [[], []]);
});

test('control: a body of exactly the limit is taken', async () => {
  const answer = await send(BYTES_MAX, { 'transfer-encoding': 'chunked' });
  assert.equal(answer.status, 201);
  assert.equal((await runs()).length, 1);
});

/** The runs that the live route tells, until the stream has told one in this state. */
async function follow(run: string, until: ImportRun['status']): Promise<ImportRun[]> {
  const leave = new AbortController();
  const response = await fetch(`http://127.0.0.1:${port}/api/admin/imports/${run}/live`, {
    headers: { cookie: cookieOf('max') },
    signal: leave.signal,
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type')!, /^text\/event-stream/);
  const told: ImportRun[] = [];
  let text = '';
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const frames = text.split('\n\n');
    text = frames.pop()!;
    for (const frame of frames) {
      const data = /^event: run\ndata: (.*)$/.exec(frame)?.[1];
      if (data) told.push(JSON.parse(data) as ImportRun);
    }
    if (told.at(-1)?.status === until) break;
  }
  leave.abort();
  return told;
}

test('who follows a run is told each state once, from where it is now to its end', async () => {
  const run = newId();
  await db.rows(
    `insert into imports.runs (run_id, kind, file_name, file_path, dry_run, status, row_count)
     values ($1, 'movies', 'f.csv', '/nowhere', false, 'applying', 100)`,
    [run],
  );
  const following = follow(run, 'done');
  const told = (rows: number) => db.rows('update imports.runs set rows_done = $2 where run_id = $1', [run, rows]);
  while (streams.count() === 0) await pause(5);
  for (const rows of [40, 80]) {
    await told(rows);
    await pause(700);
  }
  await db.rows(`update imports.runs set status = 'done', rows_done = 100, finished_at = now() where run_id = $1`, [
    run,
  ]);
  const states = (await following).map((each) => [each.status, each.rowsDone]);
  assert.deepEqual(
    states.filter(([, rows]) => rows !== 0),
    [
      ['applying', 40],
      ['applying', 80],
      ['done', 100],
    ],
  );
  while (streams.count() > 0) await pause(5);
});

test('who follows an ended run is told its end; a stranger and an unknown run get a problem, no stream', async () => {
  const run = newId();
  await db.rows(
    `insert into imports.runs (run_id, kind, file_name, file_path, dry_run, status, finished_at)
     values ($1, 'movies', 'f.csv', '/nowhere', false, 'refused', now())`,
    [run],
  );
  assert.deepEqual(
    (await follow(run, 'refused')).map((each) => each.status),
    ['refused'],
  );
  const statusOf = async (id: string, headers: Record<string, string>) =>
    (await fetch(`http://127.0.0.1:${port}/api/admin/imports/${id}/live`, { headers })).status;
  assert.equal(await statusOf(run, {}), 401);
  assert.equal(await statusOf(newId(), { cookie: cookieOf('max') }), 404);
});
