import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { allFields, HEAD_BYTES_MAX, type Head, noUsualFields, readHead } from './read-head.ts';

export type HotRequest = {
  head: Head;
  /** UTF-8; '' without one. */
  body: string;
  /** The other end of the connection: a proxy's when there is one. */
  peer: string;
  /** Every field of the head. */
  fields(): Record<string, string>;
};

/** A whole response, head and all; a string is written byte by byte (latin1), so it holds ASCII only or is a Buffer. */
export type HotAnswer = Buffer | string;

/**
 * Answers a request, or null when it is none of its own: the connection then goes to node's server for good, with
 * everything that was read of it. Must not reject.
 */
export type HotHandler = (request: HotRequest) => HotAnswer | Promise<HotAnswer | null> | null;

export type HotLimits = {
  /** Bytes of a body; larger ones are node's. */
  bodyBytesMax: number;
  /** A connection that says nothing, or sends a request this slowly, is closed. */
  idleMs: number;
  requestMs: number;
};

export const HOT_LIMITS: HotLimits = { bodyBytesMax: 16 * 1024, idleMs: 72_000, requestMs: 15_000 };

export type HotConnections = { count(): number; close(): void };

/**
 * Stands in front of a node server and answers the plain requests of a few routes without it: reading and answering
 * over node:http costs 15 µs of a request, this 8, of which 5 are the kernel's (docs/reference/performance.md).
 * A connection begins here. The first request that is not plain, or not one of these routes, takes the connection to
 * node's server, where it stays; so a proxy should keep the hot routes on connections of their own (infra/).
 */
export function serveHot(server: Server, handle: HotHandler, limits: HotLimits = HOT_LIMITS): HotConnections {
  const [nodeListener] = server.listeners('connection') as [(socket: Socket) => void];
  server.off('connection', nodeListener);
  const open = new Set<HotConnection>();
  server.on('connection', (socket: Socket) => {
    const connection = createConnection(socket, {
      handle,
      limits,
      handOver: () => {
        open.delete(connection);
        nodeListener.call(server, socket);
      },
      gone: () => open.delete(connection),
    });
    open.add(connection);
  });
  // One timer for all: a timer per connection and request cost 1 µs of each.
  const sweep = setInterval(() => {
    const now = performance.now();
    for (const connection of open) connection.sweep(now);
  }, 1_000);
  sweep.unref();
  return {
    count: () => open.size,
    close: () => {
      clearInterval(sweep);
      for (const connection of open) connection.end();
      // An answer that does not come must not keep the process from ending.
      setTimeout(() => open.forEach((connection) => connection.destroy()), CLOSE_MS).unref();
    },
  };
}

type HotConnection = { sweep(nowMs: number): void; end(): void; destroy(): void };

const CLOSE_MS = 5_000;

function createConnection(
  socket: Socket,
  deps: { handle: HotHandler; limits: HotLimits; handOver: () => void; gone: () => void },
): HotConnection {
  const { limits } = deps;
  let pending: Buffer | null = null; // bytes that are not answered yet
  let answering = false;
  let ending = false;
  let quietSince = performance.now();
  let peer: string | undefined;
  const usual = noUsualFields();

  const handOver = (bytes: Buffer) => {
    socket.off('data', onData);
    socket.off('end', onEnd);
    socket.off('drain', onDrain);
    socket.off('close', deps.gone);
    socket.off('error', ignore);
    socket.pause();
    socket.unshift(bytes);
    deps.handOver();
    socket.resume();
  };

  // http.Server allows half-open sockets: without this a client's FIN leaves the connection until it is swept.
  const onEnd = () => {
    ending = true;
    if (!answering) socket.end();
  };
  const onDrain = () => {
    if (!answering) work();
    if (!answering && socket.isPaused()) socket.resume();
  };
  const onData = (chunk: Buffer) => {
    if (pending === null) quietSince = performance.now();
    pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
    if (!answering && !socket.writableNeedDrain) work();
    // A client that sends on without waiting for answers waits in its own socket.
    else if (pending.length > HEAD_BYTES_MAX + limits.bodyBytesMax) socket.pause();
  };

  /** Not while one is being answered, the reader is behind, or the last answer has been given. */
  const mayAnswer = () => !answering && !socket.writableNeedDrain && !socket.writableEnded;

  /** Answers what is there, request by request, until bytes are missing or an answer has to be waited for. */
  const work = (): void => {
    for (let bytes = pending; bytes !== null && mayAnswer(); bytes = pending) {
      const text = bytes.toString('latin1', 0, Math.min(bytes.length, HEAD_BYTES_MAX + 1));
      const head = readHead(text, 0, usual);
      if (head === 'partial') return;
      if (head === 'strange' || head.bodyBytes > limits.bodyBytesMax) return handOver(bytes);
      const end = head.end + head.bodyBytes;
      if (bytes.length < end) return;
      const answer = deps.handle({
        head,
        body: head.bodyBytes === 0 ? '' : bytes.toString('utf8', head.end, end),
        peer: (peer ??= socket.remoteAddress ?? ''),
        fields: () => allFields(text, 0, head.end),
      });
      if (answer === null) return handOver(bytes);
      if (answer instanceof Promise) {
        answering = true;
        void answer.then((late) => {
          answering = false;
          if (socket.destroyed) return;
          if (late === null) return handOver(pending!);
          advance(end);
          send(late);
          work();
          if (socket.isPaused() && !socket.writableNeedDrain) socket.resume();
        });
        return;
      }
      advance(end);
      send(answer);
    }
  };

  const advance = (end: number) => {
    pending = pending!.length > end ? pending!.subarray(end) : null;
    quietSince = performance.now();
  };

  const send = (answer: HotAnswer) => {
    if (typeof answer === 'string') socket.write(answer, 'latin1');
    else socket.write(answer);
    if (ending) socket.end();
  };

  socket.setNoDelay(true);
  socket.on('data', onData);
  socket.on('end', onEnd);
  socket.on('drain', onDrain);
  socket.on('close', deps.gone);
  socket.on('error', ignore);
  return {
    sweep: (nowMs) => {
      if (answering) return;
      if (nowMs - quietSince > (pending === null ? limits.idleMs : limits.requestMs)) socket.destroy();
    },
    // What is being answered is answered; an idle connection ends at once.
    end: () => {
      ending = true;
      if (!answering) socket.destroySoon();
    },
    destroy: () => void socket.destroy(),
  };
}

/** An error is followed by 'close', which says all there is to know. */
const ignore = () => {};
