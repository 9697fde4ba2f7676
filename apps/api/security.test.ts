import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { createHttpServer } from '#platform/http-server';
import { limitPerAddress } from './rate-limit.ts';
import { useSecurity } from './security.ts';

async function anApi(secure = false) {
  const api = createHttpServer({ log: pino({ level: 'silent' }) });
  await useSecurity(api, { scriptUrls: ['https://js.stripe.com/v3/'], secure });
  api.post('/api/change', async () => ({ done: true }));
  api.post('/api/webhooks/stripe', async () => ({ done: true }));
  api.get('/page', async () => 'page');
  await api.ready();
  return api;
}
const api = await anApi();
const change = async (headers: Record<string, string>, url = '/api/change') =>
  (await api.inject({ method: 'POST', url, headers: { host: 'localhost:3000', ...headers } })).statusCode;

test('a change is taken from our own pages and from programs, never from another site, port or unnamed origin', async () => {
  assert.equal(await change({}), 200);
  assert.equal(await change({ origin: 'http://localhost:3000' }), 200);
  assert.equal(await change({ origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' }), 200);
  assert.equal(await change({ 'sec-fetch-site': 'cross-site' }), 403);
  assert.equal(await change({ origin: 'https://evil.example' }), 403);
  assert.equal(await change({ origin: 'http://localhost:3020', 'sec-fetch-site': 'same-site' }), 403);
  assert.equal(await change({ origin: 'null' }), 403);
  assert.equal(await change({ origin: 'https://evil.example' }, '/api/webhooks/stripe'), 200);
});

test('pages run only our own scripts and the provider’s, cannot be framed, and ask for https only over https', async () => {
  const policy = String((await api.inject({ url: '/page' })).headers['content-security-policy']);
  const scripts = /script-src ([^;]*)/.exec(policy)![1]!;
  assert.match(scripts, /'self' 'wasm-unsafe-eval' https:\/\/js\.stripe\.com/);
  assert.doesNotMatch(scripts, /unsafe-inline|'unsafe-eval'|\*(?!\.stripe)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.equal((await api.inject({ url: '/page' })).headers['strict-transport-security'], undefined);
  const https = await (await anApi(true)).inject({ url: '/page' });
  assert.match(String(https.headers['strict-transport-security']), /max-age=31536000/);
});

test('an address may ask so often and is then told when to come back; others are not touched, and time heals', async () => {
  let nowMs = 0;
  const limited = createHttpServer({ log: pino({ level: 'silent' }) });
  const guard = limitPerAddress({ max: 3, windowMs: 10_000, callersMax: 2, nowMs: () => nowMs });
  limited.get('/', { onRequest: guard }, async () => 'ok');
  const ask = (remoteAddress: string) => limited.inject({ url: '/', remoteAddress });
  const statuses = [];
  for (let index = 0; index < 4; index += 1) statuses.push((await ask('10.0.0.1')).statusCode);
  assert.deepEqual(statuses, [200, 200, 200, 429]);
  assert.equal((await ask('10.0.0.1')).headers['retry-after'], '10');
  assert.equal((await ask('10.0.0.2')).statusCode, 200);
  nowMs = 10_001;
  assert.equal((await ask('10.0.0.1')).statusCode, 200);
  // Memory is bounded: a third and a fourth address push the oldest out instead of growing the table.
  for (const address of ['10.0.0.3', '10.0.0.4', '10.0.0.5']) assert.equal((await ask(address)).statusCode, 200);
});
