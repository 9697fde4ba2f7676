import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { runOpenModel, type Stream } from './open-model.ts';

/** Answers every request after so many milliseconds, and counts who came. */
async function aServer(afterMs: number) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer((_request, response) => {
    seen.requests += 1;
    setTimeout(() => response.end('ok'), afterMs);
  });
  server.on('connection', () => (seen.connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return { seen, port: (server.address() as AddressInfo).port };
}

const aStream = (port: number, perSecond: number, sent: () => void = () => {}): Stream => ({
  name: 'reads',
  perSecond,
  next: () => {
    sent();
    return { port, request: 'GET / HTTP/1.1\r\nhost: poltrona\r\n\r\n' };
  },
});

test('what arrives while it warms up is answered and not counted, on the connections that then carry the rest', async () => {
  const { seen, port } = await aServer(0);
  let sent = 0;
  const sentWhenWarm: number[] = [];
  const { results } = await runOpenModel({
    ports: [port],
    connectionsPerPort: 7,
    warmUpSeconds: 0.2,
    seconds: 0.3,
    onWarm: () => sentWhenWarm.push(sent),
    streams: [aStream(port, 200, () => (sent += 1))],
  });
  const [reads] = results;
  assert.deepEqual(seen, { connections: 7, requests: 100 });
  assert.equal(sentWhenWarm.length, 1);
  assert.ok(sentWhenWarm[0]! <= 40, 'nothing that counts was sent before');
  assert.equal(reads!.offered, 60);
  assert.deepEqual([...reads!.statuses], [[200, 60]]);
  assert.equal(reads!.latency.count(), 60);
  assert.equal(reads!.unanswered, 0);
});

test('a server that cannot follow is seen: time runs from when a request was due, and what came late is not got through', async () => {
  const { port } = await aServer(20);
  const { results } = await runOpenModel({
    ports: [port],
    connectionsPerPort: 1,
    seconds: 0.3,
    streams: [aStream(port, 200)],
  });
  const [reads] = results;
  assert.equal(reads!.statuses.get(200), 60);
  // One connection, 20 ms each: the 60th waits for 59 others, though it was asked for after 0.3 s.
  assert.ok(reads!.latency.at(0.99) > 700, `${reads!.latency.at(0.99)} ms`);
  assert.ok((reads!.through.get(200) ?? 0) <= 17, `${reads!.through.get(200)} in 0.3 s`);
});

test('a body that comes after its head belongs to it, however the proxy spells the length; without a length it is an error', async () => {
  const server = createServer((request, response) => {
    if (request.url === '/length') response.setHeader('Content-Length', 2).flushHeaders();
    if (request.url === '/length') setTimeout(() => response.end('ok'), 5);
    else response.write('ok', () => response.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.closeAllConnections());
  after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const statusesOf = async (url: string, connectionsPerPort: number) => {
    const request = `GET ${url} HTTP/1.1\r\nhost: poltrona\r\n\r\n`;
    const streams = [{ name: 'reads', perSecond: 400, next: () => ({ port, request }) }];
    const { results } = await runOpenModel({ ports: [port], connectionsPerPort, seconds: 0.025, streams });
    return [...results[0]!.statuses];
  };
  assert.deepEqual(await statusesOf('/length', 1), [[200, 10]]);
  assert.deepEqual(await statusesOf('/chunked', 20), [[0, 10]]);
});
