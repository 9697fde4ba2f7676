import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import pino from 'pino';
import { testApi } from '#testing/api';
import { aMovie, aScreening } from '#testing/builders';
import { ROOT, testDatabase } from '#testing/database';
import { refuseUncleanText } from '#platform/clean-text';
import { createReading } from '../reading/reading.ts';
import { registerSearchRoutes } from './search.ts';

const db = await testDatabase();
let nowMs = 1_000_000;
const clock = { now: () => new Date(nowMs) };
// Deaf: what changes is only found by asking again, so that the clock of the test decides when.
const reading = await createReading({ db, clock, log: pino({ level: 'silent' }), deaf: true });
after(() => reading.close());
const api = await testApi({}, (server) => {
  refuseUncleanText(server);
  registerSearchRoutes(server, { reading });
});
const movieId = await aMovie(db, 'Limite');
await aScreening(db, { movieId });

const hostile = await readFile(join(ROOT, '../shared/data/hostile/blns_a.json'), 'utf8').catch(() => null);

test('the same question is answered from memory with an ETag, 304 to who has it, afresh after some seconds', async () => {
  const first = await api.inject('/api/search?q=limite');
  assert.deepEqual([first.statusCode, first.json().total], [200, 1]);
  const etag = String(first.headers['etag']);
  await aScreening(db, { movieId });
  const known = await api.inject({ url: '/api/search?q=limite', headers: { 'if-none-match': etag } });
  assert.deepEqual([known.statusCode, known.body], [304, '']);
  nowMs += 60_000;
  const fresh = await api.inject({ url: '/api/search?q=limite', headers: { 'if-none-match': etag } });
  assert.equal(fresh.statusCode, 200);
  assert.equal(fresh.json().nowShowing[0].screeningCount, 2);
});

test('wrong filters are 422 with the field; an unknown movie is 404', async () => {
  for (const query of [
    'date=2026-1-1',
    'language=klingon',
    'theater=0',
    'page=0',
    'access=flying',
    `q=${'a'.repeat(201)}`,
  ]) {
    const answer = await api.inject(`/api/search?${query}`);
    assert.deepEqual([answer.statusCode, answer.json().code], [422, 'validation_failed'], query);
    assert.match(answer.json().errors[0].field, /^querystring\./, query);
  }
  const unknown = await api.inject('/api/movies/nao-existe');
  assert.deepEqual([unknown.statusCode, unknown.json().code], [404, 'movie_unknown']);
});

test('impossible days are no error of ours', async () => {
  for (const path of ['/api/search?date=2026-02-30', '/api/search?date=0000-00-00']) {
    assert.deepEqual([(await api.inject(path)).statusCode, (await api.inject(path)).json().total], [200, 0]);
  }
});

test('cities and theaters are listed', async () => {
  assert.equal((await api.inject('/api/cities')).json()[0].city, 'Recife, PE');
  assert.equal((await api.inject('/api/theaters?city=Recife,%20PE')).json().length, 2);
});

test('hostile strings are searched for, never a 500', { skip: hostile ? false : 'needs ../shared' }, async () => {
  for (const text of JSON.parse(hostile!) as string[]) {
    const value = encodeURIComponent(text.toWellFormed());
    for (const path of [`/api/search?q=${value}`, `/api/search?city=${value}`, `/api/movies/${value || '-'}`]) {
      const answer = await api.inject(path);
      assert.ok(answer.statusCode < 500, `${answer.statusCode} ${JSON.stringify(text.slice(0, 60))}`);
    }
  }
});
