import { assert, Fault } from './fault.ts';

/** What `flush` answers for an item that must be tried again in a later flush. */
export const AGAIN: unique symbol = Symbol('again');

/**
 * Gathers single requests into sets. A key always travels in the same lane, so a lane is the only writer of its keys
 * in this process. A lane flushes as soon as its previous flush has returned: under no load an item waits for nobody,
 * under load the sets grow by themselves, and nothing has to be tuned.
 */
export type Batcher<T, R> = {
  /** 'overloaded' at once, without waiting, when the lane of this key is full or too slow for what waits already. */
  submit(key: number, item: T): Promise<R | 'overloaded'>;
  /** Whether `submit` would answer 'overloaded' now: for who can save the work of making an item. */
  overloaded(key: number): boolean;
  /** Items that wait or are being flushed, over all lanes. */
  waiting(): number;
  /** Resolves when everything submitted so far is answered; later submissions are answered 'overloaded'. */
  close(): Promise<void>;
};

export type BatcherOptions<T, R> = {
  lanes: number;
  /** Most items in one flush. */
  sizeMax: number;
  /** Most items waiting in one lane. */
  queueMax: number;
  /**
   * Longest wait that a new item may expect, as long as the last flushes took. Who would wait longer is refused at once:
   * a queue that is longer than people's patience only makes work for nobody. Without it only `queueMax` counts.
   */
  waitMsMax?: number;
  /**
   * Shortest time from the beginning of one flush of a lane to that of the next, unless the next is full. Who comes
   * after a pause is flushed at once; under load, flushes that each cost as much as a hundred items get fuller.
   */
  intervalMs?: number;
  /** Longest time in which an item is tried again; after it the item is rejected with a retryable Fault. */
  againMsMax?: number;
  /** One answer per item, in the items' order. A rejection rejects every item of the flush. */
  flush(items: readonly T[], lane: number): Promise<readonly (R | typeof AGAIN)[]>;
  nowMs?: () => number;
};

type Waiting<T, R> = { item: T; since: number; resolve(answer: R | 'overloaded'): void; reject(error: unknown): void };
type Lane<T, R> = {
  number: number;
  queue: Waiting<T, R>[];
  flushing: number;
  scheduled: boolean;
  /** The timer of a flush that waits for its interval. */
  timer: NodeJS.Timeout | null;
  startedAt: number;
  /** Milliseconds of the last flushes, smoothed; 0 until the first. */
  flushMs: number;
};

const AGAIN_MS_MAX = 5_000;
/** When nothing of a flush was decided, whoever is in the way gets so long to get out of it. */
const PAUSE_MS = 4;
const WEIGHT_OF_LAST = 0.2;

export function createBatcher<T, R>(options: BatcherOptions<T, R>): Batcher<T, R> {
  assert(options.lanes >= 1 && options.sizeMax >= 1 && options.queueMax >= 1, 'a batcher needs room');
  const nowMs = options.nowMs ?? (() => performance.now());
  const waitMsMax = options.waitMsMax ?? Infinity;
  const lanes = Array.from(
    { length: options.lanes },
    (_, number): Lane<T, R> => ({
      number,
      queue: [],
      flushing: 0,
      scheduled: false,
      timer: null,
      startedAt: -Infinity,
      flushMs: 0,
    }),
  );
  let closing: (() => void) | null = null;
  const waiting = () => lanes.reduce((sum, lane) => sum + lane.queue.length + lane.flushing, 0);

  const schedule = (lane: Lane<T, R>, afterMs = 0): void => {
    if (lane.flushing > 0 || lane.queue.length === 0) return;
    const isFull = lane.queue.length >= options.sizeMax || closing !== null;
    if (lane.scheduled) {
      if (!isFull || lane.timer === null) return;
      clearTimeout(lane.timer);
    }
    lane.scheduled = true;
    lane.timer = null;
    const restMs = isFull ? 0 : lane.startedAt + (options.intervalMs ?? 0) - nowMs();
    const waitMs = Math.max(afterMs, restMs);
    // After the sockets of this turn were read, so that requests that came together go together.
    if (waitMs <= 0) setImmediate(() => void run(lane));
    else lane.timer = setTimeout(() => void run(lane), waitMs);
  };

  /** Answers what was decided, keeps what was not; true when there was anything decided. */
  const settle = (lane: Lane<T, R>, taken: Waiting<T, R>[], answers: readonly (R | typeof AGAIN)[]): boolean => {
    assert(answers.length === taken.length, 'a flush answers every item');
    const again: Waiting<T, R>[] = [];
    for (const [index, waiting] of taken.entries()) {
      const answer = answers[index]!;
      if (answer !== AGAIN) waiting.resolve(answer as R);
      else if (nowMs() - waiting.since < (options.againMsMax ?? AGAIN_MS_MAX)) again.push(waiting);
      else waiting.reject(new Fault('database_busy', { retryable: true }));
    }
    if (again.length > 0) lane.queue.unshift(...again);
    return again.length < taken.length;
  };

  const run = async (lane: Lane<T, R>): Promise<void> => {
    lane.scheduled = false;
    lane.timer = null;
    const taken = lane.queue.splice(0, options.sizeMax);
    const started = nowMs();
    lane.startedAt = started;
    lane.flushing = taken.length;
    let decided = true;
    try {
      const items = taken.map((waiting) => waiting.item);
      decided = settle(lane, taken, await options.flush(items, lane.number));
      const took = nowMs() - started;
      lane.flushMs += lane.flushMs === 0 ? took : WEIGHT_OF_LAST * (took - lane.flushMs);
    } catch (error) {
      for (const waiting of taken) waiting.reject(error);
    } finally {
      lane.flushing = 0;
      schedule(lane, decided ? 0 : PAUSE_MS);
      if (closing && waiting() === 0) closing();
    }
  };

  const full = (lane: Lane<T, R>): boolean => {
    const flushesAhead = Math.ceil((lane.queue.length + lane.flushing) / options.sizeMax);
    // One flush under way is no queue, however slow it is: somebody has to find out when it gets faster.
    const tooSlow = flushesAhead > 1 && flushesAhead * lane.flushMs > waitMsMax;
    return closing !== null || lane.queue.length >= options.queueMax || tooSlow;
  };

  return {
    waiting,
    overloaded: (key) => full(lanes[laneOf(key, options.lanes)]!),
    submit: (key, item) => {
      const lane = lanes[laneOf(key, options.lanes)]!;
      if (full(lane)) return Promise.resolve('overloaded');
      return new Promise((resolve, reject) => {
        lane.queue.push({ item, since: nowMs(), resolve, reject });
        schedule(lane);
      });
    },
    close: () =>
      new Promise((resolve) => {
        closing = resolve;
        if (waiting() === 0) resolve();
        else for (const lane of lanes) schedule(lane);
      }),
  };
}

/** Multiplicative hashing (Knuth), by its upper bits: neighbouring keys, and keys that are all even, use every lane. */
export function laneOf(key: number, lanes: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 16) % lanes;
}
