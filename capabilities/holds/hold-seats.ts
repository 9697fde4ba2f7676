import type { OrderLine } from '#contracts/orders';
import type { HoldOutcome } from '#contracts/outcomes';
import type { TicketKind } from '#contracts/ticket-kinds';
import { AGAIN, type Batcher, createBatcher } from '#platform/batcher';
import { assert } from '#platform/fault';
import { newId, newShardedId } from '#platform/ids';
import { isConnectionFailure, sqlState } from '#platform/postgres';
import { sql } from '#platform/sql';
import { createHoldWriter, type HoldWriter } from './hold-writer.ts';

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
  waiting(): number;
  close(): Promise<void>;
};

export type SeatHolderOptions = {
  connectionString: string;
  holdSeconds: number;
  /** Write connections; a screening always travels in the same one. */
  lanes?: number;
  queueMax?: number;
  applicationName?: string;
};

// 500 rows a flush is where the measured gain of larger sets ends; at about two seats an order.
const REQUESTS_PER_FLUSH_MAX = 250;

export function createSeatHolder(options: SeatHolderOptions): SeatHolder {
  const lanes = options.lanes ?? 2;
  const writers = Array.from({ length: lanes }, (_, lane) =>
    createHoldWriter({
      connectionString: options.connectionString,
      applicationName: `${options.applicationName ?? 'poltrona'} lane ${lane}`,
    }),
  );
  const batcher: Batcher<HoldRequest, Flushed> = createBatcher({
    lanes,
    sizeMax: REQUESTS_PER_FLUSH_MAX,
    queueMax: options.queueMax ?? 5_000,
    flush: (requests, lane) => holdEach(writers[lane]!, requests, options.holdSeconds),
  });
  const running = new Set<string>();

  return {
    hold: async (request) => {
      assert(new Set(request.seats.map((seat) => seat.seatNo)).size === request.seats.length, 'seats are distinct');
      const identity = `${request.screeningId}\n${request.buyerId}\n${request.key}`;
      if (running.has(identity)) return { kind: 'running' };
      running.add(identity);
      try {
        const answer = await batcher.submit(request.screeningId, request);
        if (answer === 'overloaded') return { kind: 'overloaded' };
        if (answer.kind === 'failed') throw answer.error;
        return answer;
      } finally {
        running.delete(identity);
      }
    },
    waiting: () => batcher.waiting(),
    close: async () => {
      await batcher.close();
      await Promise.all(writers.map((writer) => writer.close()));
    },
  };
}

/** A request that the database cannot digest is a bug of ours; it must not take its neighbours with it. */
async function holdEach(
  writer: HoldWriter,
  requests: readonly HoldRequest[],
  holdSeconds: number,
): Promise<(Flushed | typeof AGAIN)[]> {
  try {
    return await holdTogether(writer, requests, holdSeconds);
  } catch (error) {
    if (isConnectionFailure(error) || sqlState(error) === null) throw error;
    if (requests.length === 1) return [{ kind: 'failed', error }];
    const half = Math.ceil(requests.length / 2);
    return [
      ...(await holdEach(writer, requests.slice(0, half), holdSeconds)),
      ...(await holdEach(writer, requests.slice(half), holdSeconds)),
    ];
  }
}

async function holdTogether(
  writer: HoldWriter,
  requests: readonly HoldRequest[],
  holdSeconds: number,
): Promise<(Flushed | typeof AGAIN)[]> {
  const orderIds = requests.map((request) => newShardedId(request.screeningId));
  const seats = requests
    .flatMap((request, index) =>
      request.seats.map((seat) => ({ ...seat, screeningId: request.screeningId, requestNo: index + 1 })),
    )
    .sort((a, b) => a.screeningId - b.screeningId || a.seatNo - b.seatNo);
  const rows = await writer.call<{ outcome: string; answer: string | null }>(HOLD_SEATS, [
    requests.map((request) => request.screeningId),
    orderIds,
    requests.map((request) => request.buyerId),
    requests.map((request) => request.buyerKey),
    requests.map((request) => request.key),
    requests.map((request) => request.fingerprint),
    requests.map((request) => request.correlationId),
    markProbes(requests),
    seats.map((seat) => seat.requestNo),
    seats.map((seat) => seat.screeningId),
    seats.map((seat) => seat.seatNo),
    seats.map((seat) => seat.kind),
    holdSeconds,
    newId(),
  ]);
  return rows.map((row, index) => {
    if (row.outcome === 'again') return AGAIN;
    if (row.outcome === 'mismatch') return { kind: 'mismatch' };
    const hold = JSON.parse(row.answer!) as StoredHold;
    // After a lost connection our own first run comes back as a replay; its instance tells it apart.
    const first = row.outcome !== 'replay' || hold.instance === requests[index]!.correlationId;
    return { kind: first ? 'first' : 'replay', hold };
  });
}

/**
 * Which requests share a seat or a (screening, buyer) with an earlier one of the same flush. They are judged after the
 * claims, in the same call: whoever lost learns it now, and only those who would still win travel again.
 */
export function markProbes(requests: readonly HoldRequest[]): boolean[] {
  const claimed = new Set<string>();
  return requests.map((request) => {
    const wants = [
      `${request.screeningId} ${request.buyerKey.toString('latin1')}`,
      ...request.seats.map((seat) => `${request.screeningId}/${seat.seatNo}`),
    ];
    const meets = wants.some((want) => claimed.has(want));
    // A probe reserves its place as well: whoever came later does not overtake it.
    for (const want of wants) claimed.add(want);
    return meets;
  });
}

const HOLD_SEATS = {
  name: 'hold_seats',
  text: sql`select outcome, answer from holds.hold_seats($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
};
