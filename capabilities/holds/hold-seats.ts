import type { OrderLine } from '#contracts/orders';
import type { HoldOutcome } from '#contracts/outcomes';
import { TICKET_KINDS, type TicketKind } from '#contracts/ticket-kinds';
import { type AGAIN, type Batcher, createBatcher } from '#platform/batcher';
import { assert } from '#platform/fault';
import { isConnectionFailure, sqlState } from '#platform/postgres';
import { flushHolds, prepareHold, type PreparedHold } from './flush-holds.ts';
import { createHoldWriter } from './hold-writer.ts';
import { createPriceBook } from './price-book.ts';

/** One buyer's wish. Seats are distinct; `fingerprint` is the SHA-256 of what was asked. */
export type HoldRequest = {
  screeningId: number;
  seats: readonly { seatNo: number; kind: TicketKind }[];
  buyerId: string;
  buyerKey: Buffer;
  key: string;
  fingerprint: Buffer;
  correlationId: string;
};

/** What is stored under the idempotency key; the HTTP body is a pure function of it. */
export type StoredHold =
  | { outcome: 'held'; instance: string; orderId: string; heldUntil: string; lines: OrderLine[] }
  | {
      outcome: Exclude<HoldOutcome, 'held'>;
      instance: string;
      /** With seat_taken: which of the seats. */
      seatNos?: number[];
      /** With limit_reached: how many tickets of the screening the buyer already has. */
      already?: number;
      /** With half_price_exhausted: how many half-price tickets are left. */
      left?: number;
    };

export type HoldAnswer =
  | { kind: 'first' | 'replay'; hold: StoredHold }
  | { kind: 'mismatch' } // The key was used with another body.
  | { kind: 'running' } // The same key is being answered right now.
  | { kind: 'overloaded' }; // The lane is full: try again in a moment.

type Flushed = HoldAnswer | { kind: 'failed'; error: unknown };

export type SeatHolder = {
  /** Answers after COMMIT. Rejects with a Fault when the database cannot be reached. */
  hold(request: HoldRequest): Promise<HoldAnswer>;
  /** Whether a hold of this screening would be answered 'overloaded' now; asked first, it saves the work of refusing. */
  overloaded(screeningId: number): boolean;
  waiting(): number;
  close(): Promise<void>;
};

export type SeatHolderOptions = {
  connectionString: string;
  holdSeconds: number;
  /** Write connections; a screening always travels in the same one. */
  lanes?: number;
  queueMax?: number;
  /** Who would wait longer for their turn is told at once to come back. */
  waitMsMax?: number;
  applicationName?: string;
};

// Larger sets gain little (36 µs an order at 50, 25 at 250), and a flush must not take longer than it is worth waiting.
const REQUESTS_PER_FLUSH_MAX = 250;
// A flush costs 1.4 ms of PostgreSQL before its first order, and as much again in the process: with 10 ms instead of 20,
// 3,600 orders a second took a quarter more of both.
const INTERVAL_MS = 20;
// Beyond it people tap again, and each tap is one more request: better a quick 'in a moment' than a slow yes.
const WAIT_MS_MAX = 400;

export function createSeatHolder(options: SeatHolderOptions): SeatHolder {
  const lanes = options.lanes ?? 1;
  const writers = Array.from({ length: lanes }, (_, lane) =>
    createHoldWriter({
      connectionString: options.connectionString,
      applicationName: `${options.applicationName ?? 'poltrona'} lane ${lane}`,
    }),
  );
  const reader = createHoldWriter({
    connectionString: options.connectionString,
    applicationName: `${options.applicationName ?? 'poltrona'} prices`,
  });
  const priceBook = createPriceBook((statement, values) => reader.call(statement, values));
  const flushDeps = (lane: number): FlushDeps => ({
    writer: writers[lane]!,
    priceBook,
    holdSeconds: options.holdSeconds,
  });
  const batcher: Batcher<PreparedHold, Flushed> = createBatcher({
    lanes,
    sizeMax: REQUESTS_PER_FLUSH_MAX,
    queueMax: options.queueMax ?? 5_000,
    waitMsMax: options.waitMsMax ?? WAIT_MS_MAX,
    intervalMs: INTERVAL_MS,
    flush: (holds, lane) => flushEach(flushDeps(lane), holds),
  });
  const running = new Set<string>();

  return {
    hold: async (request) => {
      assert(!repeatsSeat(request.seats), 'seats are distinct');
      assert(
        request.seats.every((seat) => TICKET_KINDS.includes(seat.kind)),
        'kinds are known',
      );
      const { screeningId } = request;
      const identity = `${screeningId}\n${request.buyerId}\n${request.key}`;
      if (running.has(identity)) return { kind: 'running' };
      running.add(identity);
      try {
        const known = priceBook.known(screeningId);
        const prices = known === undefined ? await priceBook.read(screeningId) : known;
        const answer = await batcher.submit(screeningId, prepareHold(request, prices));
        if (answer === 'overloaded') return { kind: 'overloaded' };
        if (answer.kind === 'failed') throw answer.error;
        return answer;
      } finally {
        running.delete(identity);
      }
    },
    overloaded: (screeningId) => batcher.overloaded(screeningId),
    waiting: () => batcher.waiting(),
    close: async () => {
      await batcher.close();
      await Promise.all([...writers, reader].map((writer) => writer.close()));
    },
  };
}

/** Ten seats at most: comparing all pairs is less than making a Set. */
export function repeatsSeat(seats: readonly { seatNo: number }[]): boolean {
  for (let later = 1; later < seats.length; later += 1) {
    for (let earlier = 0; earlier < later; earlier += 1) {
      if (seats[earlier]!.seatNo === seats[later]!.seatNo) return true;
    }
  }
  return false;
}

type FlushDeps = Parameters<typeof flushHolds>[0];

/** A request that the database cannot digest is a bug of ours; it must not take its neighbours with it. */
async function flushEach(deps: FlushDeps, holds: readonly PreparedHold[]): Promise<(Flushed | typeof AGAIN)[]> {
  try {
    return await flushHolds(deps, holds);
  } catch (error) {
    if (isConnectionFailure(error) || sqlState(error) === null) throw error;
    if (holds.length === 1) return [{ kind: 'failed', error }];
    const half = Math.ceil(holds.length / 2);
    return [...(await flushEach(deps, holds.slice(0, half))), ...(await flushEach(deps, holds.slice(half)))];
  }
}
