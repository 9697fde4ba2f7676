import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import pino from 'pino';
import { Type } from 'typebox';
import { ROOT, testDatabase } from '#testing/database';
import { buildApi } from './build-api.ts';
import { readApiSettings } from './config.ts';

const db = await testDatabase();
const settings = readApiSettings({
  DATABASE_URL: db.connectionString,
  CPF_HMAC_KEY: 'a'.repeat(44),
  CPF_ENCRYPTION_KEY: 'b'.repeat(44),
  TICKET_SIGNING_KEY: 'c'.repeat(64),
  STRIPE_SCRIPT_URL: 'http://localhost:3010/v3/',
  DEMO: 'true',
});

let extraReady = true;
const api = await buildApi({
  log: pino({ level: 'silent' }),
  db,
  root: ROOT,
  settings,
  resolveSession: async () => null,
  routes: [
    (server) => {
      server.post('/api/echo', { schema: { body: Type.Record(Type.String(), Type.Unknown()) } }, async (r) => r.body);
    },
  ],
  dependencies: [{ name: 'extra', ready: () => extraReady }],
});

test('health is 200 only while everything is ready', async () => {
  const ready = await api.inject('/api/health');
  assert.equal(ready.statusCode, 200);
  assert.deepEqual(ready.json().checks, { database: true, migrations: true, extra: true });
  extraReady = false;
  const waiting = await api.inject('/api/health');
  assert.equal(waiting.statusCode, 503);
  assert.equal(waiting.json().code, 'not_ready');
  assert.deepEqual(waiting.json().checks, { database: true, migrations: true, extra: false });
  extraReady = true;
});

test('health is 503 while a migration of this release is missing', async () => {
  await db.rows(`delete from public.migrations where name = '0001_house'`);
  const fresh = await buildApi({
    log: pino({ level: 'silent' }),
    db,
    root: ROOT,
    settings,
    dependencies: [],
    routes: [],
    resolveSession: async () => null,
  });
  const answer = await fresh.inject('/api/health');
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().checks.migrations, false);
  await db.rows(`insert into public.migrations (name, run_on) values ('0001_house', now())`);
});

test('NUL characters and lone surrogates are 422 in body, query and path, never a 500', async () => {
  for (const text of ['a\0b', '\ud800']) {
    const body = await api.inject({ method: 'POST', url: '/api/echo', payload: { deep: { list: [text] } } });
    assert.equal(body.statusCode, 422, JSON.stringify(text));
    assert.equal(body.json().errors[0].code, 'text_unclean');
  }
  assert.equal((await api.inject('/api/config?q=%00')).statusCode, 422);
  const fine = await api.inject({ method: 'POST', url: '/api/echo', payload: { name: 'São Luís 🎬' } });
  assert.deepEqual(fine.json(), { name: 'São Luís 🎬' });
});

test('malformed and oversized bodies are a clear 4xx with a stable code', async () => {
  const headers = { 'content-type': 'application/json' };
  const malformed = await api.inject({ method: 'POST', url: '/api/echo', payload: '{"a":', headers });
  assert.deepEqual([malformed.statusCode, malformed.json().code], [400, 'malformed_json']);
  const large = await api.inject({ method: 'POST', url: '/api/echo', payload: { a: 'x'.repeat(70_000) } });
  assert.deepEqual([large.statusCode, large.json().code], [413, 'body_too_large']);
  const poisoned = await api.inject({ method: 'POST', url: '/api/echo', payload: '{"__proto__":{}}', headers });
  assert.equal(poisoned.statusCode, 400);
});

test('a changing request from another site is refused; a webhook is not a browser', async () => {
  const headers = { 'sec-fetch-site': 'cross-site' };
  const refused = await api.inject({ method: 'POST', url: '/api/echo', payload: {}, headers });
  assert.deepEqual([refused.statusCode, refused.json().code], [403, 'cross_site_refused']);
  const own = await api.inject({
    method: 'POST',
    url: '/api/echo',
    payload: {},
    headers: { 'sec-fetch-site': 'same-origin' },
  });
  assert.equal(own.statusCode, 200);
  const webhook = await api.inject({ method: 'POST', url: '/api/webhooks/none', payload: {}, headers });
  assert.equal(webhook.statusCode, 404);
});

test('the OpenAPI document is 3.1, names the contracts and gives every operation the problem answer', async () => {
  const document = (await api.inject('/api/openapi.json')).json();
  assert.match(document.openapi, /^3\.1/);
  const ok = document.paths['/api/config'].get.responses['200'].content['application/json'].schema;
  assert.deepEqual(ok, { $ref: '#/components/schemas/PublicConfig' });
  assert.ok(document.components.schemas.Problem.properties.code);
  assert.equal(JSON.stringify(document).includes('def-0'), false);
  for (const [path, methods] of Object.entries<Record<string, { responses: object }>>(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      assert.ok('default' in operation.responses, `${method} ${path}`);
    }
  }
});

test('the readable page of the API loads nothing from outside', async () => {
  const page = await api.inject('/api/docs/');
  assert.equal(page.statusCode, 200);
  assert.doesNotMatch(page.body, /src="https?:|href="https?:|url\(https?:/);
  const script = await api.inject('/api/docs/js/scalar.js');
  assert.equal(script.statusCode, 200);
});

test('what a browser may know holds no secret', async () => {
  const config = await api.inject('/api/config');
  assert.deepEqual([config.json().demo, config.json().ticketsPerBuyerMax, config.json().stripe], [true, 10, null]);
  for (const secret of [settings.CPF_HMAC_KEY, settings.TICKET_SIGNING_KEY]) {
    assert.equal(config.body.includes(secret), false);
  }
});

test('pages may load payment scripts from the named origin and from nowhere else', async () => {
  const policy = String((await api.inject('/')).headers['content-security-policy']);
  assert.match(policy, /script-src 'self' 'wasm-unsafe-eval' http:\/\/localhost:3010/);
  assert.doesNotMatch(policy, /script-src[^;]*'unsafe-inline'/);
});

test('an unknown path of the API is a problem, not a page', async () => {
  const answer = await api.inject('/api/nothing');
  assert.deepEqual([answer.statusCode, answer.json().code], [404, 'not_found']);
  const html = await readFile(join(ROOT, 'apps/web/dist/browser/index.html'), 'utf8').catch(() => null);
  const page = await api.inject('/sessoes/1');
  assert.equal(page.statusCode, html ? 200 : 404);
});
