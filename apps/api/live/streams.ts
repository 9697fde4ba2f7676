import type { Socket } from 'node:net';
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
  /** Bytes that wait for a slow reader before it is left out. They are shared frames: the same bytes for everybody. */
  bufferedMax: number;
  heartbeatMs: number;
  /** New streams a second beyond a first burst of half as many; who comes too early is told when to come again. */
  opensPerSecond: number;
};

export const STREAM_LIMITS: StreamLimits = {
  streamsMax: 12_000,
  perAddressMax: 1_000,
  bufferedMax: 16 * 1024,
  heartbeatMs: 15_000,
  opensPerSecond: 2_000,
};

// A stream can be opened on the word of a session that ended while its request was on its way.
const ENDS_REMEMBERED_MS = 60_000;
// Streams by sixteenths: a heartbeat to ten thousand is sixteen slices of 10 ms, not one of 160.
const SLOTS = 16;
const RETRY_FIRST_MS = 1_000;
const RETRY_SPREAD_MS = 2_000;
// Below opensPerSecond: whoever else comes meanwhile finds room, and holds and reads do too.
const RETURNS_PER_SECOND = 1_500;
// Heartbeats in a row that found no room: a reader that took nothing for half a minute is cut and begins anew.
const REFUSALS_MAX = 2;
const COMMENT = Buffer.from(': go on\n\n');

/** The server-sent events of this process: one heartbeat for all, bounded in number and in memory. */
export function createStreams(given: Partial<StreamLimits> = {}): Streams {
  const limits = { ...STREAM_LIMITS, ...given };
  const slots = Array.from({ length: SLOTS }, () => new Set<OpenStream>());
  const perAddress = new Map<string, number>();
  const ends = rememberEnds();
  const admission = createAdmission(limits.opensPerSecond);
  let count = 0;
  let opened = 0;
  let beats = 0;
  const heartbeat = setInterval(() => {
    const slot = beats % SLOTS;
    beats += 1;
    const frame = Buffer.from(`: still here\nretry: ${retryMs(count, (slot + Math.random()) / SLOTS)}\n\n`);
    for (const stream of slots[slot]!) stream.beat(frame);
    ends.forgetOld();
  }, limits.heartbeatMs / SLOTS);
  heartbeat.unref();
  const each = function* () {
    for (const slot of slots) yield* slot;
  };

  const admit = (slot: Set<OpenStream>, address: string, stream: OpenStream) => {
    perAddress.set(address, (perAddress.get(address) ?? 0) + 1);
    slot.add(stream);
    count += 1;
    stream.onClose(() => {
      slot.delete(stream);
      count -= 1;
      const left = perAddress.get(address)! - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
  };

  return {
    count: () => count,
    close: () => {
      clearInterval(heartbeat);
      for (const stream of each()) stream.end();
    },
    endOf: (accountId) => {
      ends.add(accountId);
      for (const stream of each()) {
        if (stream.accountId !== null && (accountId === null || accountId === stream.accountId)) stream.end();
      }
    },
    open: (request, reply, options) => {
      const accountId = options?.accountId ?? null;
      if (count >= limits.streamsMax) {
        sendProblem(reply, 503, 'streams_exhausted', { retryAfter: 5 });
        return null;
      }
      if ((perAddress.get(request.ip) ?? 0) >= limits.perAddressMax) {
        sendProblem(reply, 429, 'too_many_streams', { retryAfter: 30 });
        return null;
      }
      if (!admission.take()) {
        sendProblem(reply, 503, 'streams_exhausted', { retryAfter: 1 + Math.floor(Math.random() * 5) });
        return null;
      }
      const slot = slots[opened % SLOTS]!;
      opened += 1;
      // Asked now: the clock of the reply stops when its socket is taken.
      const endedMeanwhile = accountId !== null && ends.since(accountId, reply.elapsedTime);
      const stream = new OpenStream(takeSocket(request, reply), accountId, limits.bufferedMax);
      // A browser that lost us comes back after a while that is longer the more there are, and never all at once.
      stream.send(Buffer.from(`retry: ${retryMs(count, Math.random())}\n\n`));
      admit(slot, request.ip, stream);
      if (endedMeanwhile) stream.end();
      return stream;
    },
  };
}

/** Between one second and what ten thousand need to come back in good order; `place` is 0 to 1. */
function retryMs(streams: number, place: number): number {
  const spreadMs = Math.max(RETRY_SPREAD_MS, (streams / RETURNS_PER_SECOND) * 1_000);
  return RETRY_FIRST_MS + Math.floor(place * spreadMs);
}

/** So many a second, and after a quiet time half as many at once. */
function createAdmission(perSecond: number) {
  const burst = Math.max(1, perSecond / 2);
  let room = burst;
  let at = performance.now();
  return {
    take: (): boolean => {
      const now = performance.now();
      room = Math.min(burst, room + ((now - at) / 1_000) * perSecond);
      at = now;
      if (room < 1) return false;
      room -= 1;
      return true;
    },
  };
}

/**
 * Answers with the head and takes the bare connection out of the HTTP server's hands. The body has no length and no
 * chunks, it ends with the connection: one frame is the same bytes for everybody and one system call, and the server
 * forgets request and response, 3 of 8 kB of heap a viewer.
 */
function takeSocket(request: FastifyRequest, reply: FastifyReply): Socket {
  const { socket } = request.raw;
  const headers = {
    ...reply.getHeaders(),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    // nginx and its kin pass every event on at once.
    'x-accel-buffering': 'no',
    connection: 'close',
  };
  reply.hijack();
  // Head, retry and snapshot leave together.
  socket.cork();
  setImmediate(uncork, socket);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  socket.write(`HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`, 'latin1');
  // The exchange is over for the server, as after any response that leaves its connection open …
  reply.raw.emit('finish');
  socket.setTimeout(0);
  // … but no other request may come on it: its answer would land between two events.
  socket.removeAllListeners('data');
  socket.on('data', hangUp);
  return socket;
}

const uncork = (socket: Socket) => socket.uncork();
function hangUp(this: Socket): void {
  this.destroy();
}

/** A class, because there are ten thousand: as closures its methods were 1 kB each time. */
class OpenStream implements Stream {
  readonly accountId: string | null;
  readonly #socket: Socket;
  readonly #bufferedMax: number;
  #closers: (() => void)[] = [];
  #over = false;
  #refusals = 0;

  constructor(socket: Socket, accountId: string | null, bufferedMax: number) {
    this.#socket = socket;
    this.accountId = accountId;
    this.#bufferedMax = bufferedMax;
    const finish = () => this.#finish();
    socket.on('close', finish);
    socket.on('error', finish);
  }

  send(frame: Buffer): boolean {
    if (this.#over) return true;
    if (this.#socket.writableLength > this.#bufferedMax) return false;
    this.#socket.write(frame);
    this.#refusals = 0;
    return true;
  }

  /** Not the event 'drain', which only comes above a mark of the socket's own: this comes when all is written. */
  ready(again: () => void): void {
    if (this.#over) return;
    this.#socket.write(COMMENT, (error) => {
      if (!error && !this.#over) again();
    });
  }

  beat(frame: Buffer): void {
    const refusals = this.#refusals + 1;
    if (this.send(frame)) return;
    this.#refusals = refusals;
    if (refusals >= REFUSALS_MAX) this.#socket.destroy();
  }

  closed(): boolean {
    return this.#over;
  }

  onClose(run: () => void): void {
    if (this.#over) run();
    else this.#closers.push(run);
  }

  end(): void {
    this.#finish();
    // Who does not read what is left is not waited for.
    this.#socket.destroySoon();
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    for (const run of this.#closers.splice(0)) run();
  }
}

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
