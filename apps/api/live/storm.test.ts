import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { testApi } from '#testing/api';
import { createStreams, type StreamLimits } from './streams.ts';

async function aProcess(limits: Partial<StreamLimits>) {
  const streams = createStreams(limits);
  const api = await testApi({}, (api) => {
    api.get('/live', async (request, reply) => {
      streams.open(request, reply);
      return reply;
    });
  });
  // Short, so that a stream that still counted as an idle connection would be closed within the test.
  api.server.keepAliveTimeout = 1;
  await api.listen({ port: 0 });
  const { port } = api.server.address() as AddressInfo;
  after(async () => {
    streams.close();
    await api.close();
  });
  return { streams, port };
}

/** Asks for a stream on a bare connection; gives the head of the answer and what came with it. */
async function come(port: number) {
  const socket = connect({ port, host: '127.0.0.1' });
  const state = { text: '', closed: false };
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (state.text += chunk));
  socket.on('error', () => {});
  socket.on('close', () => (state.closed = true));
  socket.write('GET /live HTTP/1.1\r\nhost: test\r\n\r\n');
  after(() => socket.destroy());
  while (!state.text.includes('\r\n\r\n') || (state.text.includes(' 200 ') && !state.text.includes('retry'))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { socket, state, status: Number(state.text.slice(9, 12)) };
}

const comeBack = (port: number, count: number) => Promise.all(Array.from({ length: count }, () => come(port)));

test('of a storm as many are let in as there is room for, the others hear when to come again, and find room then', async () => {
  const { streams, port } = await aProcess({ opensPerSecond: 20 });
  const first = await comeBack(port, 40);
  const refused = first.filter(({ status }) => status === 503);
  assert.ok(streams.count() >= 10 && streams.count() < 40, `${streams.count()} let in at once`);
  assert.equal(refused.length, 40 - streams.count());
  for (const { state } of refused) assert.match(state.text, /retry-after: [1-5]\r\n/i);
  let waiting = refused.length;
  while (waiting > 0) {
    await wait(200);
    waiting = (await comeBack(port, waiting)).filter(({ status }) => status === 503).length;
  }
  assert.equal(streams.count(), 40);
});

test('control: without admission a storm is let in at once', async () => {
  const { streams, port } = await aProcess({ opensPerSecond: Infinity });
  await comeBack(port, 40);
  assert.equal(streams.count(), 40);
});

test('pages are told different times to come back, over a longer time the more there are', async () => {
  const { port } = await aProcess({ opensPerSecond: Infinity });
  const times = (await comeBack(port, 40)).map(({ state }) => Number(/retry: (\d+)/.exec(state.text)![1]));
  assert.ok(new Set(times).size > 30);
  assert.ok(Math.min(...times) >= 1_000 && Math.max(...times) < 3_000);
});

test('a stream outlives the time that idle connections are kept, and ends when its reader says anything more', async () => {
  const { streams, port } = await aProcess({});
  const { socket, state } = await come(port);
  // Node adds a second to keepAliveTimeout.
  await wait(1_500);
  assert.deepEqual([state.closed, streams.count()], [false, 1]);
  socket.write('GET /live HTTP/1.1\r\nhost: test\r\n\r\n');
  while (!state.closed) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.text.match(/HTTP\/1\.1/g)!.length, 1, 'no second answer between two events');
  assert.equal(streams.count(), 0);
});
