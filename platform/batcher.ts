import { assert } from './fault.ts';

/** What `flush` answers for an item that must be tried again in the next flush. Never for the first of a flush. */
export const AGAIN: unique symbol = Symbol('again');

/**
 * Gathers single requests into sets. A key always travels in the same lane, so a lane is the only writer of its keys
 * in this process. A lane flushes as soon as its previous flush has returned: under no load an item waits for nobody,
 * under load the sets grow by themselves, and nothing has to be tuned.
 */
export type Batcher<T, R> = {
  /** 'overloaded' at once, without waiting, when the lane of this key is full. */
  submit(key: number, item: T): Promise<R | 'overloaded'>;
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
  /** One answer per item, in the items' order. A rejection rejects every item of the flush. */
  flush(items: readonly T[], lane: number): Promise<readonly (R | typeof AGAIN)[]>;
};

type Waiting<T, R> = { item: T; resolve(answer: R | 'overloaded'): void; reject(error: unknown): void };
type Lane<T, R> = { number: number; queue: Waiting<T, R>[]; flushing: number; scheduled: boolean };

export function createBatcher<T, R>(options: BatcherOptions<T, R>): Batcher<T, R> {
  assert(options.lanes >= 1 && options.sizeMax >= 1 && options.queueMax >= 1, 'a batcher needs room');
  const lanes = Array.from(
    { length: options.lanes },
    (_, number): Lane<T, R> => ({ number, queue: [], flushing: 0, scheduled: false }),
  );
  let closing: (() => void) | null = null;
  const waiting = () => lanes.reduce((sum, lane) => sum + lane.queue.length + lane.flushing, 0);

  const schedule = (lane: Lane<T, R>): void => {
    if (lane.scheduled || lane.flushing > 0 || lane.queue.length === 0) return;
    lane.scheduled = true;
    // After the sockets of this turn were read, so that requests that came together go together.
    setImmediate(() => void run(lane));
  };

  const run = async (lane: Lane<T, R>): Promise<void> => {
    lane.scheduled = false;
    const taken = lane.queue.splice(0, options.sizeMax);
    lane.flushing = taken.length;
    try {
      const answers = await options.flush(
        taken.map((waiting) => waiting.item),
        lane.number,
      );
      assert(answers.length === taken.length, 'a flush answers every item');
      assert(answers[0] !== AGAIN, 'a flush answers at least its first item');
      lane.queue.unshift(...taken.filter((_, index) => answers[index] === AGAIN));
      for (const [index, answer] of answers.entries()) if (answer !== AGAIN) taken[index]!.resolve(answer as R);
    } catch (error) {
      for (const waiting of taken) waiting.reject(error);
    } finally {
      lane.flushing = 0;
      schedule(lane);
      if (closing && waiting() === 0) closing();
    }
  };

  return {
    waiting,
    submit: (key, item) => {
      const lane = lanes[laneOf(key, options.lanes)]!;
      if (closing || lane.queue.length >= options.queueMax) return Promise.resolve('overloaded');
      return new Promise((resolve, reject) => {
        lane.queue.push({ item, resolve, reject });
        schedule(lane);
      });
    },
    close: () =>
      new Promise((resolve) => {
        closing = resolve;
        if (waiting() === 0) resolve();
      }),
  };
}

/** Multiplicative hashing (Knuth), by its upper bits: neighbouring keys, and keys that are all even, use every lane. */
export function laneOf(key: number, lanes: number): number {
  return (Math.imul(key, 0x9e3779b1) >>> 16) % lanes;
}
