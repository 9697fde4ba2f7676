import assert from 'node:assert/strict';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { testApi } from '#testing/api';
import { createAudience } from './audience.ts';
import { createFanOut } from './fan-out.ts';
import { createStreams, type Stream, type StreamLimits } from './streams.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const FRAME_BYTES = 32 * 1024;
const BUFFERED_MAX = 64 * 1024;

/** Readers on real sockets, looking at one number that is padded, so that a kernel's buffers are soon full. */
async function aHall(limits: Partial<StreamLimits>) {
  const streams = createStreams({ bufferedMax: BUFFERED_MAX, heartbeatMs: 60_000, ...limits });
  const fanOut = createFanOut();
  let value = 0;
  const padded = (mark: string) => Buffer.from(`data: ${mark}${value} ${'.'.repeat(FRAME_BYTES)}\n\n`);
  const audience = createAudience({ fanOut, welcome: () => [padded('=')] });
  const sockets: Socket[] = [];
  const opened: Stream[] = [];
  const api = await testApi({}, (api) => {
    api.get('/live', async (request, reply) => {
      sockets.push(request.raw.socket);
      const stream = streams.open(request, reply);
      if (!stream) return reply;
      opened.push(stream);
      audience.join(stream);
      stream.onClose(() => audience.leave(stream));
      return reply;
    });
  });
  await api.listen({ port: 0 });
  const { port } = api.server.address() as AddressInfo;
  after(async () => {
    streams.close();
    await api.close();
  });
  return {
    streams,
    audience,
    opened,
    reader: () => aReader(port),
    buffered: () => sockets.map((socket) => socket.writableLength),
    more: async () => {
      await new Promise<void>((resolve) => {
        audience.deliver(() => {
          value += 1;
          return padded('+');
        }, resolve);
      });
    },
    value: () => value,
  };
}

async function aReader(port: number) {
  const socket = connect({ port, host: '127.0.0.1' });
  const state = { text: '', closed: false, steps: () => [...state.text.matchAll(/^data: ([=+])(\d+)/gm)] };
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => (state.text += chunk.replaceAll(/\.{2,}/g, '')));
  socket.on('error', () => {});
  socket.on('close', () => (state.closed = true));
  socket.write('GET /live HTTP/1.1\r\nhost: test\r\n\r\n');
  while (state.steps().length === 0) await turn();
  after(() => socket.destroy());
  return { socket, state };
}

/** Follows snapshot and steps; false when a step is missing. */
function inOrder(steps: RegExpExecArray[] | RegExpMatchArray[]): boolean {
  let at = -1;
  return steps.every(([, mark, number]) => {
    const chained = mark === '=' || Number(number) === at + 1;
    at = Number(number);
    return chained;
  });
}

/** Enough for any kernel's buffers: loopback takes some megabytes of a stopped reader. */
const STEPS = 400;

test('stopped readers cost a bound each, and begin again with a fresh snapshot when they read on', async () => {
  const hall = await aHall({});
  const stopped = await Promise.all(Array.from({ length: 8 }, hall.reader));
  const quick = await hall.reader();
  for (const { socket } of stopped) socket.pause();
  for (let n = 0; n < STEPS; n += 1) await hall.more();
  const buffered = hall.buffered();
  assert.ok(Math.max(...buffered) > BUFFERED_MAX, 'the readers were really behind');
  assert.ok(Math.max(...buffered) <= BUFFERED_MAX + FRAME_BYTES + 1_024, `${Math.max(...buffered)} bytes wait`);
  for (const { socket } of stopped) socket.resume();
  await hall.more();
  for (const { state } of [...stopped, quick]) {
    while (Number(state.steps().at(-1)![2]) < hall.value()) await turn();
    assert.ok(inOrder(state.steps()));
  }
  for (const { state } of stopped) {
    assert.equal(state.steps().filter(([, mark]) => mark === '=').length, 2, 'one fresh snapshot each');
    assert.ok(state.steps().length < STEPS, 'what lay between was not sent');
  }
  assert.equal(quick.state.steps().filter(([, mark]) => mark === '=').length, 1);
});

test('control: without the bound a stopped reader makes the process keep everything', async () => {
  const hall = await aHall({ bufferedMax: Infinity });
  const { socket } = await hall.reader();
  socket.pause();
  for (let n = 0; n < STEPS; n += 1) await hall.more();
  assert.ok(Math.max(...hall.buffered()) > 10 * (BUFFERED_MAX + FRAME_BYTES));
});

test('a reader that takes nothing for two heartbeats is cut; one that reads stays', async () => {
  const hall = await aHall({ heartbeatMs: 160 });
  const stuck = await hall.reader();
  const quick = await hall.reader();
  stuck.socket.pause();
  for (let n = 0; hall.streams.count() === 2; n += 1) {
    if (n < STEPS) await hall.more();
    else await turn();
  }
  assert.equal(hall.streams.count(), 1);
  assert.equal(hall.audience.size(), 1);
  assert.equal(quick.state.closed, false);
});
