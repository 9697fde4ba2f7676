import { type Connection, openConnection } from './connection.ts';
import { createHistogram, type Histogram } from './histogram.ts';

/** One kind of arrival: so many a second, each made when it is due. */
export type Stream = {
  name: string;
  perSecond: number;
  /** The next request: which of the ports it goes to, and its bytes. `answered` hears what came back. */
  next(): { port: number; request: string; answered?: (status: number, etag: string) => void };
};

export type StreamResult = {
  name: string;
  offered: number;
  latency: Histogram;
  /** The same of those that were done (2xx, 3xx) and of those that were refused for too much (429, 503). */
  accepted: Histogram;
  refused: Histogram;
  /** How many answers of each status; 0 stands for a connection that broke. */
  statuses: Map<number, number>;
  /** Requests that were due and not answered when the patience was over. */
  unanswered: number;
  /** How long after the last arrival the last answer came. */
  lateSeconds: number;
};

/**
 * Open model: requests are due on a schedule that does not wait for answers, as people do not. Latency counts from the
 * moment a request was due, not from when a connection was free to carry it.
 */
export async function runOpenModel(options: {
  ports: readonly number[];
  connectionsPerPort: number;
  seconds: number;
  streams: readonly Stream[];
  /**
   * As if every connection were another person's: each from an address of its own (limits count what a proxy sees), and
   * all of them used in turn (a proxy closes one that says nothing for ten seconds).
   */
  asPeople?: boolean;
  /** How long after the last arrival answers are waited for. */
  patienceMs?: number;
}): Promise<{ seconds: number; results: StreamResult[] }> {
  const pools = new Map<number, Pool>();
  for (const port of options.ports)
    pools.set(port, await openPool(port, options.connectionsPerPort, options.asPeople ?? false));
  const runs = options.streams.map((stream) => startStream(stream, pools));
  const start = performance.now();
  const end = start + options.seconds * 1000;
  await new Promise<void>((resolve) => {
    const tick = () => {
      const now = performance.now();
      for (const run of runs) run.arrive(Math.min(now, end) - start, start);
      const open = runs.some((run) => run.waiting() > 0);
      if (now >= end && (!open || now > end + (options.patienceMs ?? 5_000))) return resolve();
      setTimeout(tick, 1);
    };
    tick();
  });
  for (const pool of pools.values()) pool.close();
  return { seconds: options.seconds, results: runs.map((run) => run.result(end)) };
}

/** How many carried requests are kept in front of the queue before it is cut. */
const QUEUE_CUT = 4096;

type Due = { request: string; answered: (status: number, etag: string) => void };
type Pool = { send(due: Due): void; close(): void };

/** Connections to one port. When all are busy, requests wait here, and their time runs. */
async function openPool(port: number, connections: number, asPeople: boolean): Promise<Pool> {
  const shared = Buffer.allocUnsafe(256 * 1024);
  const idle: Connection[] = [];
  const queue: Due[] = [];
  let first = 0;
  let closing = false;
  let lost = 0;
  for (let index = 0; index < connections; index += 1) {
    idle.push(
      await openConnection(
        port,
        shared,
        () => {
          lost += 1;
          if (!closing && lost === connections) throw new Error(`all connections to port ${port} are lost`);
        },
        asPeople ? `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}` : undefined,
      ),
    );
  }
  const carry = (connection: Connection, due: Due): void => {
    connection.send(due.request, (status, etag) => {
      if (first < queue.length) {
        const next = queue[first]!;
        first += 1;
        if (first === QUEUE_CUT) {
          queue.splice(0, first);
          first = 0;
        }
        carry(connection, next);
      } else if (status !== 0) idle.push(connection);
      due.answered(status, etag);
    });
  };
  return {
    send: (due) => {
      const connection = asPeople ? idle.shift() : idle.pop();
      if (connection) carry(connection, due);
      else queue.push(due);
    },
    close: () => {
      closing = true;
      for (const connection of idle) connection.close();
    },
  };
}

function startStream(stream: Stream, pools: ReadonlyMap<number, Pool>) {
  const [latency, accepted, refused] = [createHistogram(), createHistogram(), createHistogram()];
  const statuses = new Map<number, number>();
  let arrived = 0;
  let waiting = 0;
  let lastAnswerAt = 0;
  return {
    waiting: () => waiting,
    /** Sends everything that is due `elapsedMs` after `start`. */
    arrive: (elapsedMs: number, start: number) => {
      // The first is due at once, and none at the very end.
      const due = Math.ceil((elapsedMs / 1000) * stream.perSecond);
      for (; arrived < due; arrived += 1) {
        const at = start + (arrived / stream.perSecond) * 1000;
        const { port, request, answered } = stream.next();
        waiting += 1;
        pools.get(port)!.send({
          request,
          answered: (status, etag) => {
            waiting -= 1;
            lastAnswerAt = performance.now();
            latency.record(lastAnswerAt - at);
            if (status >= 200 && status < 400) accepted.record(lastAnswerAt - at);
            else if (status === 429 || status === 503) refused.record(lastAnswerAt - at);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
            answered?.(status, etag);
          },
        });
      }
    },
    result: (endAt: number): StreamResult => ({
      name: stream.name,
      offered: arrived,
      latency,
      accepted,
      refused,
      statuses,
      unanswered: waiting,
      lateSeconds: Math.max(0, lastAnswerAt - endAt) / 1000,
    }),
  };
}
