import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { testApi } from '#testing/api';
import { createStreams } from './streams.ts';

const streams = createStreams({ streamsMax: 3, perAddressMax: 2, bufferedMax: 1024, heartbeatMs: 20 });
const api = await testApi({}, (api) => {
  api.get('/live', async (request, reply) => {
    streams.open(request, reply);
    return reply;
  });
});
await api.listen({ port: 0 });
const url = `http://127.0.0.1:${(api.server.address() as AddressInfo).port}/live`;
after(async () => {
  streams.close();
  await api.close();
});

test('streams are capped by address, answer 429 beyond, and give the place back when they close', async () => {
  const abort = [new AbortController(), new AbortController()];
  for (const { signal } of abort) assert.equal((await fetch(url, { signal })).status, 200);
  const third = await fetch(url);
  assert.deepEqual([third.status, third.headers.get('retry-after')], [429, '30']);
  assert.equal(((await third.json()) as { code: string }).code, 'too_many_streams');
  for (const controller of abort) controller.abort();
  while (streams.count() > 0) await new Promise((resolve) => setImmediate(resolve));
  const again = new AbortController();
  assert.equal((await fetch(url, { signal: again.signal })).status, 200);
  again.abort();
  while (streams.count() > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('a full process answers 503 and not a stream', async () => {
  const full = createStreams({ streamsMax: 0, perAddressMax: 2, bufferedMax: 1024, heartbeatMs: 1_000 });
  const other = await testApi({}, (api) => {
    api.get('/live', async (request, reply) => {
      full.open(request, reply);
      return reply;
    });
  });
  const answer = await other.inject('/live');
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [503, '5']);
  full.close();
  await other.close();
});

test('an open stream hears a heartbeat, so that proxies and browsers know that it lives', async () => {
  const abort = new AbortController();
  const answer = await fetch(url, { signal: abort.signal });
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.includes(': still here')) break;
  }
  assert.match(text, /^retry: \d+\n\n/);
  abort.abort();
});
