import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Arrival = { method: string; url: string; headers: IncomingHttpHeaders; body: string };

/** What the next requests meet, besides those for /api/health. */
export type Manner = 'answers' | 'dies' | 'overloaded';

export type RecordingApi = {
  name: string;
  port: number;
  /** Everything that came whole, health checks left out. */
  arrivals: Arrival[];
  behave(manner: Manner): void;
  /** What /api/screenings/:id/seats and /api/search say, with this as their ETag. */
  show(text: string): void;
  /** Writes one event to every open stream. */
  emit(text: string): void;
  stop(): Promise<void>;
};

/**
 * Speaks HTTP as the API does (health, ETag, max-age=0, event streams) and writes down what reaches it, so that a proxy
 * can be judged from behind.
 */
export async function recordingApi(name: string): Promise<RecordingApi> {
  const arrivals: Arrival[] = [];
  const streams = new Set<ServerResponse>();
  let manner: Manner = 'answers';
  let shown = 'first';

  const server = createServer((request, response) => {
    const url = request.url ?? '';
    if (url === '/api/health') return void response.writeHead(200).end('{}');
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      arrivals.push({ method: request.method ?? '', url, headers: request.headers, body });
      if (manner === 'dies') return void request.socket.destroy();
      if (manner === 'overloaded') {
        response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '1' });
        return void response.end('{"code":"overloaded"}');
      }
      if (url.endsWith('/live')) {
        response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
        response.write('retry: 1000\n\n');
        streams.add(response);
        return void response.on('close', () => streams.delete(response));
      }
      const etag = `"${shown}"`;
      const headers = { etag, 'cache-control': 'public, max-age=0, must-revalidate', 'x-from': name };
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end();
      const cookies: Record<string, string> = url.includes('cookie=1')
        ? { 'set-cookie': `${name}=${arrivals.length}` }
        : {};
      response.writeHead(200, { ...headers, ...cookies, 'content-type': 'application/json' });
      response.end(JSON.stringify({ shown, from: name }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    name,
    port: (server.address() as AddressInfo).port,
    arrivals,
    behave: (next) => void (manner = next),
    show: (text) => void (shown = text),
    emit: (text) => {
      for (const stream of streams) stream.write(`data: ${text}\n\n`);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
