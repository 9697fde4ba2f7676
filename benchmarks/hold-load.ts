import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** What happened at one rate. Latency counts from the moment a request was due, not from when it could be sent. */
export type LoadResult = {
  offeredPerSecond: number;
  answeredPerSecond: number;
  held: number;
  refused: number;
  overloaded: number;
  errors: number;
  p50Ms: number;
  p99Ms: number;
};

export type LoadOptions = {
  port: number;
  ratePerSecond: number;
  seconds: number;
  connections: number;
  /** The n-th wish of the whole run. */
  wish(n: number): { path: string; session: string; body: string };
  firstWish: number;
};

/**
 * An open model: requests are due on a schedule that does not wait for answers, as people do not. Bare sockets,
 * because the generator shares the processor with what it measures.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const idle = await Promise.all(Array.from({ length: options.connections }, () => open(options.port)));
  const due: { n: number; at: number }[] = [];
  const latencies: number[] = [];
  const counts = { held: 0, refused: 0, overloaded: 0, errors: 0 };
  const total = Math.round(options.ratePerSecond * options.seconds);
  const start = performance.now();
  let scheduled = 0;
  let answered = 0;

  const send = (connection: Connection, request: { n: number; at: number }) => {
    const { path, session, body } = options.wish(options.firstWish + request.n);
    connection.answer = (status) => {
      latencies.push(performance.now() - request.at);
      answered += 1;
      if (status === 201) counts.held += 1;
      else if (status === 409) counts.refused += 1;
      else if (status === 503 || status === 429) counts.overloaded += 1;
      else counts.errors += 1;
      const next = due.shift();
      if (next) send(connection, next);
      else idle.push(connection);
    };
    connection.socket.write(
      `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nidempotency-key: ${randomUUID()}\r\n` +
        `cookie: poltrona_session=${session}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  };

  await new Promise<void>((resolve) => {
    const tick = setInterval(() => {
      const elapsed = performance.now() - start;
      const upTo = Math.min(total, Math.floor((elapsed / 1000) * options.ratePerSecond));
      for (; scheduled < upTo; scheduled += 1) {
        const request = { n: scheduled, at: start + (scheduled / options.ratePerSecond) * 1000 };
        const connection = idle.pop();
        if (connection) send(connection, request);
        else due.push(request);
      }
      // A server that cannot keep up is not waited for longer than as long again.
      if (answered === total || elapsed > options.seconds * 2_000) {
        clearInterval(tick);
        resolve();
      }
    }, 1);
  });
  const seconds = (performance.now() - start) / 1000;
  counts.errors += total - answered;
  for (const connection of idle) connection.socket.destroy();
  latencies.sort((a, b) => a - b);
  return {
    offeredPerSecond: options.ratePerSecond,
    answeredPerSecond: Math.round(answered / seconds),
    ...counts,
    p50Ms: at(latencies, 0.5),
    p99Ms: at(latencies, 0.99),
  };
}

const at = (sorted: readonly number[], share: number) =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;

type Connection = { socket: Socket; answer(status: number): void };

/** A keep-alive connection with one request at a time; reads just enough of HTTP to find the next answer. */
function open(port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { socket, answer: () => {} };
    let text = '';
    socket.setEncoding('latin1');
    socket.once('error', reject);
    socket.once('connect', () => resolve(connection));
    socket.on('data', (chunk: string) => {
      text += chunk;
      for (;;) {
        const headEnd = text.indexOf('\r\n\r\n');
        if (headEnd === -1) return;
        const length = Number(/content-length: (\d+)/i.exec(text.slice(0, headEnd))?.[1] ?? 0);
        if (text.length < headEnd + 4 + length) return;
        const status = Number(text.slice(9, 12));
        text = text.slice(headEnd + 4 + length);
        connection.answer(status);
      }
    });
  });
}
