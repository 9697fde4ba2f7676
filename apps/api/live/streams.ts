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
  open(request: FastifyRequest, reply: FastifyReply, options?: { accountId?: string }): Stream | null;
  /**
   * Ends what was opened for this account, for any account when null. Pages come back by themselves in a moment, and
   * whose session still lives is let in again.
   */
  endOf(accountId: string | null): void;
  count(): number;
  close(): void;
};

export type StreamLimits = {
  /** Streams of this process. */
  streamsMax: number;
  /**
   * Streams of one address. A whole mobile network or a cinema's own may share one, so hundreds are no attack: this only
   * keeps one runaway from filling the process. Each costs a socket and at most `bufferedMax`; who gets 429 or 503 has
   * the map by GET, which costs no stream.
   */
  perAddressMax: number;
  /** Bytes that wait for a slow reader before it is left out. */
  bufferedMax: number;
  heartbeatMs: number;
};

export const STREAM_LIMITS: StreamLimits = {
  streamsMax: 12_000,
  perAddressMax: 1_000,
  bufferedMax: 64 * 1024,
  heartbeatMs: 15_000,
};

// A stream can be opened on the word of a session that ended while its request was on its way.
const ENDS_REMEMBERED_MS = 60_000;
const HEARTBEAT = Buffer.from(': still here\n\n');

/** The server-sent events of this process: one heartbeat for all, bounded in number and in memory. */
export function createStreams(limits: StreamLimits = STREAM_LIMITS): Streams {
  const open = new Set<OpenStream>();
  const perAddress = new Map<string, number>();
  const ends = rememberEnds();
  const heartbeat = setInterval(() => {
    for (const stream of open) stream.send(HEARTBEAT);
    ends.forgetOld();
  }, limits.heartbeatMs);
  heartbeat.unref();

  return {
    count: () => open.size,
    close: () => {
      clearInterval(heartbeat);
      for (const stream of open) stream.end();
    },
    endOf: (accountId) => {
      ends.add(accountId);
      for (const stream of open) {
        if (stream.accountId !== null && (accountId === null || accountId === stream.accountId)) stream.end();
      }
    },
    open: (request, reply, options) => {
      const accountId = options?.accountId ?? null;
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
        end: () => {
          finish();
          raw.end();
        },
        accountId,
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
      if (accountId !== null && ends.since(accountId, reply.elapsedTime)) stream.end();
      return stream;
    },
  };
}

type OpenStream = Stream & { accountId: string | null; end(): void };

/** Whose streams were ended lately. */
function rememberEnds() {
  const endedAt = new Map<string | null, number>();
  return {
    add: (accountId: string | null) => {
      // Put back at the end: the first of a Map is the oldest.
      endedAt.delete(accountId);
      endedAt.set(accountId, performance.now());
    },
    since: (accountId: string, milliseconds: number): boolean => {
      const last = Math.max(endedAt.get(accountId) ?? -Infinity, endedAt.get(null) ?? -Infinity);
      return last >= performance.now() - milliseconds;
    },
    forgetOld: () => {
      const old = performance.now() - ENDS_REMEMBERED_MS;
      for (const [accountId, at] of endedAt) {
        if (at > old) return;
        endedAt.delete(accountId);
      }
    },
  };
}
