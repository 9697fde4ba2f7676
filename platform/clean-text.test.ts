import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { Type } from 'typebox';
import { refuseUncleanText } from './clean-text.ts';
import { createHttpServer } from './http-server.ts';

async function server(clean: boolean) {
  const api = createHttpServer({ log: pino({ level: 'silent' }) });
  if (clean) refuseUncleanText(api);
  api.post('/echo/:name', { schema: { params: Type.Object({ name: Type.String() }) } }, async (request) => ({
    body: request.body ?? null,
    query: request.query,
  }));
  await api.ready();
  return api;
}

const UNCLEAN = ['a\0b', '\ud800', 'x\udc00y'];

test('NUL and half surrogates are refused anywhere in body, path and query, and clean text of any script passes', async () => {
  const api = await server(true);
  for (const text of UNCLEAN) {
    const payload = { deep: [{ er: text }] };
    const answer = await api.inject({ method: 'POST', url: '/echo/a', payload });
    assert.equal(answer.statusCode, 422, JSON.stringify(text));
    assert.deepEqual(answer.json().errors, [{ field: 'deep.0.er', code: 'text_unclean' }]);
  }
  assert.equal((await api.inject({ method: 'POST', url: '/echo/a', payload: { ['a\0']: 1 } })).statusCode, 422);
  assert.equal((await api.inject({ method: 'POST', url: '/echo/a%00b', payload: {} })).statusCode, 422);
  assert.equal((await api.inject({ method: 'POST', url: '/echo/a?q=%00', payload: {} })).statusCode, 422);
  const fine = await api.inject({ method: 'POST', url: '/echo/a?q=x', payload: { text: 'São João 😀 שלום' } });
  assert.equal(fine.statusCode, 200);
});

test('control: without the hook the same text gets through', async () => {
  const api = await server(false);
  for (const text of UNCLEAN) {
    assert.equal((await api.inject({ method: 'POST', url: '/echo/a', payload: { text } })).statusCode, 200);
  }
});

test('a body nested a thousand deep is refused, not followed', async () => {
  const api = await server(true);
  const payload = `${'['.repeat(1000)}${']'.repeat(1000)}`;
  const answer = await api.inject({
    method: 'POST',
    url: '/echo/a',
    payload,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.statusCode, 422);
});
