import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from '#platform/problem';

/** One open connection that we write events to. */
export type Stream = {
  /** False when the reader is behind by more than the bound; nothing was written. */
  send(frame: Buffer): boolean;
  ready(again: () => void): void;
  closed(): boolean;
  onClose(run: () => void): void;
};

export type Streams = {
  /** Takes over the connection, or answers 503/429 and gives null when there is no room. */
  open(request: FastifyRequest, reply: FastifyReply): Stream | null;
  count(): number;
  close(): void;
};

export type StreamLimits = {
  /** Streams of this process. */
  streamsMax: number;
  /** Streams of one address. A whole mobile network may share one, so this only stops a single runaway. */
  perAddressMax: number;
  /** Bytes that wait for a slow reader before it is left out. */
  bufferedMax: number;
  heartbeatMs: number;
};

export const STREAM_LIMITS: StreamLimits = {
  streamsMax: 12_000,
  perAddressMax: 500,
  bufferedMax: 64 * 1024,
  heartbeatMs: 15_000,
};

const HEARTBEAT = Buffer.from(': still here\n\n');

/** The server-sent events of this process: one heartbeat for all, bounded in number and in memory. */
export function createStreams(limits: StreamLimits = STREAM_LIMITS): Streams {
  const open = new Set<Stream & { end(): void }>();
  const perAddress = new Map<string, number>();
  const heartbeat = setInterval(() => {
    for (const stream of open) stream.send(HEARTBEAT);
  }, limits.heartbeatMs);
  heartbeat.unref();

  return {
    count: () => open.size,
    close: () => {
      clearInterval(heartbeat);
      for (const stream of open) stream.end();
    },
    open: (request, reply) => {
      const address = request.ip;
      const fromAddress = perAddress.get(address) ?? 0;
      if (open.size >= limits.streamsMax) {
        sendProblem(reply, 503, 'streams_exhausted', { retryAfter: 5 });
        return null;
      }
      if (fromAddress >= limits.perAddressMax) {
        sendProblem(reply, 429, 'too_many_streams', { retryAfter: 30 });
        return null;
      }
      const headers = reply.getHeaders();
      reply.hijack();
      const raw = reply.raw;
      raw.writeHead(200, {
        ...(headers as Record<string, string>),
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store, no-transform',
        // nginx and its kin pass every event on at once.
        'x-accel-buffering': 'no',
      });
      request.raw.socket.setNoDelay(true);
      // A browser that lost us comes back after a second or two, not all in the same instant.
      raw.write(`retry: ${1_000 + Math.floor(Math.random() * 2_000)}\n\n`);

      const closers: (() => void)[] = [];
      let over = false;
      const stream = {
        send: (frame: Buffer) => {
          if (over) return true;
          if (raw.writableLength > limits.bufferedMax) return false;
          raw.write(frame);
          return true;
        },
        ready: (again: () => void) => void raw.once('drain', again),
        closed: () => over,
        onClose: (run: () => void) => void (over ? run() : closers.push(run)),
        end: () => raw.end(),
      };
      perAddress.set(address, fromAddress + 1);
      open.add(stream);
      const finish = () => {
        if (over) return;
        over = true;
        open.delete(stream);
        const left = perAddress.get(address)! - 1;
        if (left > 0) perAddress.set(address, left);
        else perAddress.delete(address);
        for (const run of closers) run();
      };
      raw.on('close', finish);
      raw.on('error', finish);
      return stream;
    },
  };
}
