import { createHash } from 'node:crypto';
import { createSeatHolder, type HoldRequest, type SeatHolder, type StoredHold } from '#capabilities/holds';
import type { TicketKind } from '#contracts/ticket-kinds';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { aBuyer } from './builders.ts';

let serial = 0;

/** A wish for these seats by a new buyer, unless `overrides` names one. */
export function aWish(
  screeningId: number,
  seatNos: readonly number[],
  overrides: Partial<HoldRequest> & { kind?: TicketKind } = {},
): HoldRequest {
  const { kind, ...rest } = overrides;
  const buyer = aBuyer((serial += 1));
  return {
    screeningId,
    seats: seatNos.map((seatNo) => ({ seatNo, kind: kind ?? 'full' })),
    buyerId: buyer.accountId,
    buyerKey: buyer.buyerKey,
    key: newId(),
    fingerprint: createHash('sha256').update(seatNos.join(',')).digest(),
    correlationId: newId(),
    ...rest,
  };
}

/** A seat holder of the test's own; close it with `after`. */
export function aSeatHolder(db: Database, holdSeconds = 480): SeatHolder {
  return createSeatHolder({ connectionString: db.connectionString, holdSeconds, lanes: 1 });
}

/** The stored answer of a hold; anything else fails the test. */
export async function holdNow(holder: SeatHolder, request: HoldRequest): Promise<StoredHold> {
  const answer = await holder.hold(request);
  if (!('hold' in answer)) throw new Error(`no stored answer: ${answer.kind}`);
  return answer.hold;
}

/** An order that is held now: its key, its buyer, its total. */
export async function aHeldOrder(
  holder: SeatHolder,
  screeningId: number,
  seatNos: readonly number[],
  overrides: Partial<HoldRequest> & { kind?: TicketKind } = {},
) {
  const request = aWish(screeningId, seatNos, overrides);
  const hold = await holdNow(holder, request);
  if (hold.outcome !== 'held') throw new Error(`not held: ${hold.outcome}`);
  const totalCents = hold.lines.reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0);
  return { ...request, orderId: hold.orderId, heldUntil: hold.heldUntil, lines: hold.lines, totalCents };
}

/** Lets the time of an order pass, by so many seconds beyond its end. */
export async function letTimePass(db: Database, orderId: string, seconds: number): Promise<void> {
  await db.rows(
    `with ended as (
       update orders.orders o set held_until = now() - make_interval(secs => $2),
              seats_until = now() - make_interval(secs => $2) + (o.seats_until - o.held_until)
        where order_id = $1 returning screening_id, seats_until)
     update holds.tickets t set held_until = e.seats_until from ended e
      where t.screening_id = e.screening_id and t.order_id = $1 and t.state = 'held'`,
    [orderId, seconds],
  );
}
