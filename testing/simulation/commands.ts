import type { OrderLine } from '#contracts/orders';
import type { HoldOutcome } from '#contracts/outcomes';
import type { TicketKind } from '#contracts/ticket-kinds';

// What travels to the simulated database and back: the calls of the public doors, one transaction each.

/** A buyer's wish, as in HoldRequest of capabilities/holds; ids are short words, the fingerprint is its own text. */
export type Wish = {
  screeningId: number;
  seats: readonly { seatNo: number; kind: TicketKind }[];
  buyerId: string;
  /** The person: several buyers may share one. */
  buyerKey: string;
  key: string;
  fingerprint: string;
  correlationId: string;
};

export type Command =
  | {
      kind: 'hold';
      requests: readonly Wish[];
      /**
       * Persons (personOf) that had an order when the database looked, before it waited for locks; what was committed
       * meanwhile is not among them. Without it the look is of the same moment as all the rest.
       */
      bought?: ReadonlySet<string>;
      /** From this request on, the careful look met a lock of somebody else. */
      lockedFrom?: number;
      /** The clock of the process that calls; a right database never looks at it. */
      processNow: number;
    }
  | { kind: 'kinds'; orderId: string; seats: readonly { seatNo: number; kind: TicketKind }[] }
  | { kind: 'await'; orderId: string }
  /** A look at the provider found this attempt captured. */
  | { kind: 'capture'; orderId: string; attemptId: string; paidCents: number }
  | { kind: 'release'; orderId: string }
  | { kind: 'refund'; orderId: string }
  | { kind: 'expire'; processNow: number }
  | { kind: 'block'; screeningId: number; seatNos: readonly number[]; blocked: boolean }
  | { kind: 'sale'; screeningId: number; status: 'on_sale' | 'paused' };

/** What is kept under an idempotency key, as JSON text. */
export type StoredAnswer = {
  outcome: HoldOutcome;
  instance: string;
  orderId?: string;
  heldUntil?: number;
  lines?: OrderLine[];
  seatNos?: number[];
  already?: number;
  left?: number;
};

export type HoldReply = { kind: 'first' | 'replay'; body: string } | { kind: 'mismatch' } | { kind: 'again' };

export type Reply =
  | { kind: 'hold'; replies: readonly HoldReply[] }
  /** An outcome of the called door; `totalCents` with 'awaiting', `seatNos` with 'seat_taken', `count` of expired. */
  | { kind: 'outcome'; outcome: string; totalCents?: number; seatNos?: readonly number[]; count?: number };

/** One committed transaction. The order of commits is the order in which a simulation is replayed. */
export type Commit = { now: number; command: Command; reply: Reply };
