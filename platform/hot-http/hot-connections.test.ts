import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, test } from 'node:test';
import { HOT_LIMITS, type HotHandler, type HotLimits, serveHot } from './hot-connections.ts';

const servers: (() => void)[] = [];
after(() => servers.forEach((close) => close()));

/** A node server that says it is node, with `handle` in front of it. */
async function aServer(handle: HotHandler, limits?: Partial<HotLimits>) {
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => response.end(`node ${request.method} ${request.url} ${body}`));
  });
  const hot = serveHot(server, handle, { ...HOT_LIMITS, ...limits });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(() => {
    hot.close();
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, hot, server };
}

/** Sends pieces one after the other and gives back everything that came until `until` is in it. */
async function talk(port: number, pieces: (string | Buffer)[], until: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const done = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes(until)) resolve(text);
    });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  try {
    return await done;
  } finally {
    socket.destroy();
  }
}

const hotOnly: HotHandler = ({ head, body }) =>
  head.url.startsWith('/hot') ? answer(`hot ${head.method} ${head.url} ${body}`) : null;
const answer = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const post = (path: string, body: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

test('requests of one connection are answered one after the other, in whatever pieces they come', async () => {
  const { port } = await aServer(hotOnly);
  const text = [get('/hot/1'), post('/hot/2', 'olá'), get('/hot/3')].join('');
  const bytes = Buffer.from(text);
  for (const size of [1, 7, 60, bytes.length]) {
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    );
    const heard = await talk(port, size === 1 ? [bytes.subarray(0, 3), bytes.subarray(3)] : pieces, 'hot GET /hot/3');
    assert.deepEqual(heard.match(/hot \w+ \/hot\/\d/g), ['hot GET /hot/1', 'hot POST /hot/2', 'hot GET /hot/3']);
  }
});

test('another route takes the connection to node, with every byte, and the connection stays there', async () => {
  const { port, hot } = await aServer(hotOnly);
  const heard = await talk(port, [get('/hot/1'), post('/cold', 'whole body'), get('/hot/2')], 'node GET /hot/2');
  assert.match(heard, /hot GET \/hot\/1/);
  assert.match(heard, /node POST \/cold whole body/);
  assert.match(heard, /node GET \/hot\/2/);
  assert.equal(hot.count(), 0);
});

test('node judges what is not plain: chunks are read, garbage is refused', async () => {
  const { port } = await aServer(hotOnly);
  const chunked = 'POST /hot HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n';
  assert.match(await talk(port, [chunked], 'node POST /hot body'), /node POST \/hot body/);
  assert.match(await talk(port, ['nonsense\r\n\r\n'], '400'), /^HTTP\/1\.1 400/);
  const two = 'POST /hot HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nbody';
  assert.match(await talk(port, [two], '400'), /^HTTP\/1\.1 400/);
});

test('a large body is node’s; a body that begins on a slow answer waits for its turn', async () => {
  const { port } = await aServer(hotOnly, { bodyBytesMax: 10 });
  assert.match(await talk(port, [post('/hot', 'x'.repeat(11))], 'node POST'), /node POST \/hot x{11}/);
  const slow = await aServer(async ({ head }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return answer(`slow ${head.url}`);
  });
  const heard = await talk(slow.port, [get('/1') + get('/2'), get('/3')], 'slow /3');
  assert.deepEqual(heard.match(/slow \/\d/g), ['slow /1', 'slow /2', 'slow /3']);
});

test('an answer that cannot be given takes the connection to node', async () => {
  const { port } = await aServer(async () => null);
  assert.match(await talk(port, [post('/hot', 'kept')], 'node POST'), /node POST \/hot kept/);
});

test('half a request is waited for only so long, and a silent connection only so long', async () => {
  const { port, hot } = await aServer(hotOnly, { requestMs: 50, idleMs: 50 });
  assert.equal(await talk(port, ['GET /hot HTTP/1.1\r\nhos'], 'never'), '');
  assert.equal(await talk(port, [], 'never'), '');
  while (hot.count() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('closing ends idle connections at once and lets an answer under way go out', async () => {
  let release = () => {};
  const waiting = new Promise<void>((resolve) => (release = resolve));
  const { port, hot } = await aServer(async ({ head }) => {
    await waiting;
    return answer(`last ${head.url}`);
  });
  const idle = talk(port, [], 'never');
  const asked = talk(port, [get('/a')], 'last /a');
  await new Promise((resolve) => setTimeout(resolve, 30));
  hot.close();
  assert.equal(await idle, '');
  release();
  assert.match(await asked, /last \/a/);
});

test('a client that closes is let go at once, after its answer', async () => {
  const { port, hot } = await aServer(async ({ head }) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return answer(`late ${head.url}`);
  });
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  const ended = new Promise((resolve) => socket.once('end', resolve));
  socket.end(get('/a'));
  await ended;
  assert.match(heard, /late \/a/);
  while (hot.count() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a request that comes letter by letter is cut when its time is over, however steadily it comes', async () => {
  const { port } = await aServer(hotOnly, { requestMs: 300, idleMs: 60_000 });
  const socket = connect(port, '127.0.0.1');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  socket.write('GET /hot HTTP/1.1\r\nx-slow: ');
  const drip = setInterval(() => socket.write('a'), 50);
  await closed;
  clearInterval(drip);
});

test('who does not read their answers is not answered on and on', async () => {
  let answered = 0;
  let served = () => {};
  const large = answer('x'.repeat(20_000));
  const { port } = await aServer(() => {
    answered += 1;
    if (answered === 5_000) served();
    return large;
  });
  const socket = connect(port, '127.0.0.1');
  socket.pause();
  socket.on('error', () => {});
  const requests = get('/hot').repeat(100);
  for (let n = 0; n < 50; n += 1) socket.write(requests);
  let before = -1;
  while (before !== answered) {
    before = answered;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.ok(answered < 2_000, `${answered} of 5,000 were answered into a socket that nobody reads`);
  const all = new Promise<void>((resolve) => (served = resolve));
  socket.resume();
  await all;
  socket.destroy();
});
