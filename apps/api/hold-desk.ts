import { type HoldAnswer, repeatsSeat, type SeatHolder, type StoredHold, wasAnswered } from '#capabilities/holds';
import { readOrder } from '#capabilities/orders';
import type { HeldOrder, HoldBody } from '#contracts/orders';
import type { HoldOutcome } from '#contracts/outcomes';
import { type Clock, systemClock } from '#platform/clock';
import { unreachable } from '#platform/fault';
import { type Answer, fingerprintOf } from '#platform/idempotency';
import { type Database, faultCodeOf } from '#platform/postgres';
import { problemBody, type ProblemOptions } from '#platform/problem';
import { createHoarding, HOLD_LIMITS, type HoldLimits, NOWHERE } from './hold-limits.ts';
import { createRateLimit } from './rate-limit.ts';

/** A hold as it arrives: from a signed-in buyer with a CPF, its body of the right form, its key well-formed. */
export type HoldCall = {
  screeningId: number;
  body: HoldBody;
  accountId: string;
  buyerKey: Buffer;
  key: string;
  /** Path and query as received: part of what the key stands for. */
  url: string;
  correlationId: string;
};

/** The bytes of the answer, and what its head says beside the status. */
export type HoldReply = Answer & { replayed: boolean; retryAfter?: number };

/** Everything that happens to a hold between the wire and the seats, the same for both ways that a request comes in. */
export type HoldDesk = {
  /** Counts one more try; null, or the seconds after which this account or address may try again. */
  tooMany(accountId: string, address: string): number | null;
  /** What is answered to who tries too often. */
  refused(correlationId: string, retryAfter: number): HoldReply;
  /** What is answered to who has no session. */
  unknownBuyer(correlationId: string): HoldReply;
  /** Whether the lane of this screening is full. */
  overloaded(screeningId: number): boolean;
  /** The answer to everybody who then wants seats of it. */
  busy(correlationId: string): HoldReply;
  /** Rejects like the seat holder: a Fault of the world, or a bug. */
  hold(call: HoldCall): Promise<HoldReply>;
  /** What is answered when the world failed; null when it was no fault but a bug. */
  failed(error: unknown, correlationId: string): HoldReply | null;
};

export function createHoldDesk(deps: {
  db: Database;
  seatHolder: SeatHolder;
  clock?: Clock;
  limits?: HoldLimits;
}): HoldDesk {
  const limits = deps.limits ?? HOLD_LIMITS;
  const clock = deps.clock ?? systemClock;
  const ofAccount = createRateLimit({ max: limits.perAccountAMinute, windowMs: 60_000 });
  const ofAddress = createRateLimit({ max: limits.perAddressAMinute, windowMs: 60_000 });
  const hoarding = createHoarding({
    max: limits.unpaidOrders,
    nowMs: () => clock.now().getTime(),
    isUnpaid: async (orderId) => {
      const order = await readOrder(deps.db, { orderId });
      return order?.state === 'held' || order?.state === 'awaiting_payment';
    },
  });
  // Another process may have answered this key, and the buyer not have heard it: asked only by who is at the brake.
  const answeredPlace = async (call: HoldCall) => ((await wasAnswered(deps.db, call)) ? NOWHERE : null); // guard: replay

  return {
    // The account first: whoever runs wild does not use up the address of the others.
    tooMany: (accountId, address) => ofAccount(accountId) ?? ofAddress(address),
    refused: (correlationId, retryAfter) => problem(429, 'too_many_requests', correlationId, { retryAfter }),
    unknownBuyer: (correlationId) => problem(401, 'sign_in_required', correlationId),
    overloaded: (screeningId) => deps.seatHolder.overloaded(screeningId),
    busy: (correlationId) => problem(503, 'overloaded', correlationId, { retryAfter: 1 }),
    failed: (error, correlationId) => {
      const code = faultCodeOf(error);
      return code === null ? null : problem(503, code, correlationId, { retryAfter: 2 });
    },
    hold: async (call) => {
      const { screeningId, body, accountId, key, correlationId } = call;
      if (repeatsSeat(body.seats)) {
        const errors = [{ field: 'seats', code: 'seat_repeated' }];
        return problem(422, 'validation_failed', correlationId, { errors });
      }
      const wish = { accountId, screeningId, key };
      const place = hoarding.take(wish) ?? (await hoarding.lookAgain(wish)) ?? (await answeredPlace(call));
      if (!place) {
        const retryAfter = hoarding.retryAfter(accountId);
        return problem(429, 'too_many_unpaid_orders', correlationId, { retryAfter });
      }
      let stored: StoredHold | null = null;
      try {
        const answer = await deps.seatHolder.hold({
          screeningId,
          seats: body.seats,
          buyerId: accountId,
          buyerKey: call.buyerKey,
          key,
          fingerprint: fingerprintOf('POST', call.url, body),
          correlationId,
        });
        if ('hold' in answer) stored = answer.hold;
        return replyOf(answer, screeningId, correlationId);
      } finally {
        if (stored?.outcome === 'held') place.held(stored.orderId, Date.parse(stored.heldUntil));
        else place.giveBack();
      }
    },
  };
}

function problem(status: number, code: string, instance: string, options: ProblemOptions = {}): HoldReply {
  const body = JSON.stringify(problemBody(status, code, instance, options));
  return { status, body, replayed: false, ...(options.retryAfter ? { retryAfter: options.retryAfter } : {}) };
}

function replyOf(answer: HoldAnswer, screeningId: number, correlationId: string): HoldReply {
  switch (answer.kind) {
    case 'overloaded':
      return problem(503, 'overloaded', correlationId, { retryAfter: 1 });
    case 'running':
      return problem(409, 'request_in_progress', correlationId, { retryAfter: 1 });
    case 'mismatch':
      return problem(422, 'idempotency_key_reused', correlationId);
    case 'first':
    case 'replay':
      return { ...render(answer.hold, screeningId), replayed: answer.kind === 'replay' };
    default:
      return unreachable(answer);
  }
}

const STATUS_OF_HOLD: Record<HoldOutcome, number> = {
  screening_unknown: 404,
  screening_closed: 409,
  seat_unknown: 422,
  limit_reached: 409,
  seat_taken: 409,
  half_price_exhausted: 409,
  held: 201,
};

/** The HTTP answer as a pure function of the stored one, so that a replay is the same to the byte. */
export function render(hold: StoredHold, screeningId: number): Answer {
  const status = STATUS_OF_HOLD[hold.outcome];
  if (hold.outcome !== 'held') {
    const { outcome, instance, ...extra } = hold;
    return { status, body: JSON.stringify(problemBody(status, outcome, instance, { extra })) };
  }
  const ticketsCents = hold.lines.reduce((sum, line) => sum + line.chargedCents, 0);
  const feeCents = hold.lines.reduce((sum, line) => sum + line.feeCents, 0);
  const order: HeldOrder = {
    orderId: hold.orderId,
    screeningId,
    state: 'held',
    lines: hold.lines.map(({ seatNo, kind, priceCents, chargedCents, feeCents }) => ({
      seatNo,
      kind,
      priceCents,
      chargedCents,
      feeCents,
    })),
    ticketsCents,
    feeCents,
    totalCents: ticketsCents + feeCents,
    heldUntil: hold.heldUntil,
  };
  return { status, body: JSON.stringify(order) };
}
