import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allFields, HEAD_BYTES_MAX, noUsualFields, readHead } from './read-head.ts';

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;

test('a plain request is read: what was asked, what the routes look at, where the body begins', () => {
  const text = lines(
    'POST /things/7?x=%20y HTTP/1.1',
    'Host: example.test:3000',
    'Content-Length: 12',
    'content-type:application/json',
    'Cookie: a=b; c=d',
    'X-Other: whatever',
    'Idempotency-Key:  k-1 ',
    'Connection: keep-alive',
  );
  const head = readHead(`${text}{"a":"body"}`, 0);
  assert.ok(typeof head === 'object');
  assert.deepEqual(
    { ...head },
    {
      method: 'POST',
      url: '/things/7?x=%20y',
      bodyBytes: 12,
      host: 'example.test:3000',
      cookie: 'a=b; c=d',
      origin: '',
      secFetchSite: '',
      ifNoneMatch: '',
      acceptEncoding: '',
      idempotencyKey: 'k-1',
      contentType: 'application/json',
      forwardedFor: '',
      end: text.length,
    },
  );
  assert.equal(allFields(text, 0, head.end)['x-other'], 'whatever');
});

test('what has not come whole is waited for, byte by byte', () => {
  const text = lines('GET /a HTTP/1.1', 'host: x');
  for (let length = 0; length < text.length; length += 1) assert.equal(readHead(text.slice(0, length), 0), 'partial');
  assert.ok(typeof readHead(text, 0) === 'object');
});

const STRANGE: Record<string, string> = {
  'two lengths': lines('POST / HTTP/1.1', 'host: x', 'content-length: 1', 'content-length: 1'),
  'two different lengths in one field': lines('POST / HTTP/1.1', 'host: x', 'content-length: 1, 2'),
  'length and chunks': lines('POST / HTTP/1.1', 'host: x', 'content-length: 1', 'transfer-encoding: chunked'),
  chunks: lines('POST / HTTP/1.1', 'host: x', 'Transfer-Encoding: chunked'),
  'chunks spelt with a tab': lines('POST / HTTP/1.1', 'host: x', 'Transfer-Encoding:\tchunked'),
  'a space before the colon': lines('POST / HTTP/1.1', 'host: x', 'content-length : 3'),
  'a folded line': lines('POST / HTTP/1.1', 'host: x', 'x-a: b', ' content-length: 3'),
  'a bare line feed': 'POST / HTTP/1.1\r\nhost: x\ncontent-length: 3\r\n\r\n',
  'a bare carriage return': 'POST / HTTP/1.1\r\nhost: x\rcontent-length: 3\r\n\r\n',
  'a NUL in a value': lines('GET / HTTP/1.1', 'host: x\0y'),
  'a sign before the length': lines('POST / HTTP/1.1', 'host: x', 'content-length: +3'),
  'a hexadecimal length': lines('POST / HTTP/1.1', 'host: x', 'content-length: 0x3'),
  'an endless length': lines('POST / HTTP/1.1', 'host: x', 'content-length: 99999999999999999999'),
  'a body of a GET': lines('GET / HTTP/1.1', 'host: x', 'content-length: 3'),
  'no host': lines('GET / HTTP/1.1', 'accept: */*'),
  'an empty host before another': lines('GET / HTTP/1.1', 'host:', 'host: y'),
  'a host with more than a name': lines('GET / HTTP/1.1', 'host: a b/c@d'),
  'an empty origin': lines('GET / HTTP/1.1', 'host: x', 'origin: '),
  'a no-break space before the length': lines('POST / HTTP/1.1', 'host: x', 'content-length: \u00a05'),
  'two hosts': lines('GET / HTTP/1.1', 'host: x', 'host: y'),
  'two cookies': lines('GET / HTTP/1.1', 'host: x', 'cookie: a', 'cookie: b'),
  'another method': lines('PUT / HTTP/1.1', 'host: x'),
  'a method in small letters': lines('get / HTTP/1.1', 'host: x'),
  'HTTP/1.0': lines('GET / HTTP/1.0', 'host: x'),
  'HTTP/2': 'PRI * HTTP/2.0\r\n\r\n',
  'an absolute address': lines('GET http://y/ HTTP/1.1', 'host: x'),
  'a space in the path': lines('GET /a b HTTP/1.1', 'host: x'),
  'a letter beyond ASCII in the path': lines('GET /\u00e9 HTTP/1.1', 'host: x'),
  'an upgrade': lines('GET / HTTP/1.1', 'host: x', 'connection: upgrade', 'upgrade: websocket'),
  'a wish to close': lines('GET / HTTP/1.1', 'host: x', 'connection: close'),
  'an expectation': lines('POST / HTTP/1.1', 'host: x', 'expect: 100-continue', 'content-length: 3'),
  'no name': lines('GET / HTTP/1.1', 'host: x', ': y'),
  'too long': lines('GET / HTTP/1.1', 'host: x', `x-a: ${'b'.repeat(HEAD_BYTES_MAX)}`),
  'too long and not over': `GET / HTTP/1.1\r\nx-a: ${'b'.repeat(HEAD_BYTES_MAX)}`,
  TLS: '\u0016\u0003\u0001\u0002\u0000\u0001',
  garbage: 'hello',
};

for (const [what, text] of Object.entries(STRANGE)) {
  test(`${what}: not judged here`, () => assert.equal(readHead(text, 0), 'strange'));
}

test('control: the same requests with their one strangeness mended are plain', () => {
  assert.ok(typeof readHead(lines('POST / HTTP/1.1', 'host: x', 'content-length: 3'), 0) === 'object');
  assert.ok(typeof readHead(lines('GET /%C3%A9 HTTP/1.1', 'host: x', 'cookie: a; b'), 0) === 'object');
});

test('whatever bytes come: an answer, never an exception, and a plain head never ends beyond what came', () => {
  const pieces = fc.constantFrom(
    'GET ',
    'POST ',
    '/a',
    ' HTTP/1.1',
    '\r\n',
    '\r',
    '\n',
    ':',
    'host: x',
    'content-length: 5',
    ' ',
    'é',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 6 })), { maxLength: 20 }), (parts) => {
      const text = parts.join('');
      const head = readHead(text, 0);
      if (typeof head === 'object') assert.ok(head.end <= text.length && head.bodyBytes >= 0);
    }),
    { numRuns: 3_000 },
  );
});

test('the same fields again are not read again, and give the same; what differs by a letter is', () => {
  const usual = noUsualFields();
  const first = readHead(lines('GET /a HTTP/1.1', 'host: x', 'cookie: a=1'), 0, usual);
  const again = readHead(lines('GET /b?c HTTP/1.1', 'host: x', 'cookie: a=1'), 0, usual);
  assert.ok(typeof first === 'object' && typeof again === 'object');
  assert.deepEqual({ ...again, url: '/a', end: first.end }, { ...first });
  assert.equal(again.url, '/b?c');
  const other = readHead(lines('GET /a HTTP/1.1', 'host: x', 'cookie: a=2'), 0, usual);
  assert.ok(typeof other === 'object' && other.cookie === 'a=2');
  for (const line of [
    'PUT /a HTTP/1.1',
    'GET /a HTTP/1.0',
    'GET /a b HTTP/1.1',
    'GET http://y/ HTTP/1.1',
    'get /a HTTP/1.1',
  ]) {
    assert.equal(readHead(lines(line, 'host: x', 'cookie: a=1'), 0, usual), 'strange');
  }
  assert.equal(usual.text, '\r\nhost: x\r\ncookie: a=1\r\n\r\n', 'one other request does not make other fields usual');
  const body = lines('POST /a HTTP/1.1', 'host: x', 'content-length: 3');
  for (let times = 0; times < 10; times += 1) assert.ok(typeof readHead(body, 0, usual) === 'object');
  assert.ok(usual.text.includes('content-length'), 'what comes again and again becomes usual');
  assert.equal(readHead(body.replace('POST', 'GET'), 0, usual), 'strange', 'a GET has no body, whoever had one before');
});
