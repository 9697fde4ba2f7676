import assert from 'node:assert/strict';
import { connect, type AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import pino from 'pino';
import { createHttpServer } from './http-server.ts';

const server = createHttpServer({ log: pino({ level: 'silent' }) });
server.get('/things/:id', async () => ({ found: true }));
server.get('/slow', async () => {
  throw Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
});
server.get('/bug', async () => {
  throw new Error('a bug');
});
await server.listen({ port: 0, host: '127.0.0.1' });
after(() => server.close());
const { port } = server.server.address() as AddressInfo;

/** What comes back for bytes that no HTTP client would send. */
async function answerTo(bytes: string): Promise<{ head: string; body: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.end(bytes);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { head, body };
}
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${headers}\r\n`;

test('what fails before any route is a problem too: bad URLs, long parameters, no HTTP at all, huge headers', async () => {
  const cases = [
    { bytes: get('/things/%zz'), status: 400, code: 'url_malformed' },
    { bytes: get(`/things/${'a'.repeat(201)}`), status: 414, code: 'url_too_long' },
    { bytes: 'this is no HTTP\r\n\r\n', status: 400, code: 'request_malformed' },
    { bytes: get('/things/1', `x-long: ${'a'.repeat(20_000)}\r\n`), status: 431, code: 'headers_too_large' },
  ];
  for (const { bytes, status, code } of cases) {
    const { head, body } = await answerTo(bytes);
    assert.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), code);
    assert.match(head, /content-type: application\/problem\+json/i, code);
    const problem = JSON.parse(body) as { code: string; status: number; instance: string };
    assert.deepEqual([problem.code, problem.status], [code, status]);
    assert.match(problem.instance, /^[0-9a-f-]{36}$/);
  }
  const { head, body } = await answerTo(get('/things/1'));
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.deepEqual(JSON.parse(body), { found: true });
});

test('a statement that took too long is a fault of the world, not a bug', async () => {
  const slow = await server.inject('/slow');
  assert.deepEqual([slow.statusCode, slow.json<{ code: string }>().code], [503, 'database_busy']);
  assert.equal(slow.headers['retry-after'], '2');
  assert.equal((await server.inject('/bug')).statusCode, 500);
});
