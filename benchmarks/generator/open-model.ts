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
  /** Those that came within the counted seconds, whenever they were due: what got through in that time. */
  through: Map<number, number>;
  /** Requests that were due and not answered when the patience was over. */
  unanswered: number;
};

/**
 * Open model: requests are due on a schedule that does not wait for answers, as people do not. Latency counts from the
 * moment a request was due, not from when a connection was free to carry it.
 */
export async function runOpenModel(options: {
  ports: readonly number[];
  connectionsPerPort: number;
  seconds: number;
  /**
   * What arrives in the seconds before those is answered and not counted. The load goes on over the border, on the same
   * connections: a pause there, or a thousand new connections, would be measured for the first second.
   */
  warmUpSeconds?: number;
  /** Called at that border. */
  onWarm?: () => void;
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
  const warmUpMs = (options.warmUpSeconds ?? 0) * 1000;
  const runs = options.streams.map((stream) => startStream(stream, pools));
  const start = performance.now();
  const wholeMs = warmUpMs + options.seconds * 1000;
  const counted = { from: start + warmUpMs, to: start + wholeMs };
  let warm = false;
  await new Promise<void>((resolve) => {
    const tick = () => {
      const now = performance.now();
      if (!warm && now >= counted.from) {
        warm = true;
        options.onWarm?.();
      }
      for (const run of runs) run.arrive(Math.min(now - start, wholeMs), start, counted);
      const open = runs.some((run) => run.waiting() > 0);
      if (now >= counted.to && (!open || now > counted.to + (options.patienceMs ?? 5_000))) return resolve();
      setTimeout(tick, 1);
    };
    tick();
  });
  for (const pool of pools.values()) pool.close();
  return { seconds: options.seconds, results: runs.map((run) => run.result()) };
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
  const [statuses, through] = [new Map<number, number>(), new Map<number, number>()];
  const count = (of: Map<number, number>, status: number) => of.set(status, (of.get(status) ?? 0) + 1);
  let arrived = 0;
  let offered = 0;
  let waiting = 0;
  let answers = 0;
  const record = (status: number, tookMs: number) => {
    answers += 1;
    latency.record(tookMs);
    if (status >= 200 && status < 400) accepted.record(tookMs);
    else if (status === 429 || status === 503) refused.record(tookMs);
    count(statuses, status);
  };
  return {
    waiting: () => waiting,
    /** Sends everything that is due `elapsedMs` after `start`. */
    arrive: (elapsedMs: number, start: number, counted: { from: number; to: number }) => {
      // The first is due at once, and none at the very end.
      const due = Math.ceil((elapsedMs / 1000) * stream.perSecond);
      for (; arrived < due; arrived += 1) {
        const dueAt = start + (arrived / stream.perSecond) * 1000;
        const counts = dueAt >= counted.from;
        const { port, request, answered } = stream.next();
        waiting += 1;
        if (counts) offered += 1;
        pools.get(port)!.send({
          request,
          answered: (status, etag) => {
            waiting -= 1;
            const answeredAt = performance.now();
            if (counts) record(status, answeredAt - dueAt);
            if (answeredAt >= counted.from && answeredAt < counted.to) count(through, status);
            answered?.(status, etag);
          },
        });
      }
    },
    result: (): StreamResult => ({
      name: stream.name,
      offered,
      latency,
      accepted,
      refused,
      statuses,
      through,
      unanswered: offered - answers,
    }),
  };
}
