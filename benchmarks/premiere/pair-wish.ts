import { createHash, randomUUID } from 'node:crypto';
import type { HoldRequest } from '#capabilities/holds';
import { newId } from '#platform/ids';

const FINGERPRINT = createHash('sha256').digest();

/**
 * A wish as the API gives it to the seat holder: the `pair`-th two neighbouring seats (from 1), for a buyer who has no
 * other; three in ten with a half-price ticket.
 */
export function pairWish(screeningId: number, pair: number, buyer: { group: number; number: number }): HoldRequest {
  const buyerKey = Buffer.alloc(16, buyer.group);
  buyerKey.writeUInt32BE(buyer.number, 0);
  return {
    screeningId,
    seats: [
      { seatNo: pair * 2 - 1, kind: buyer.number % 10 < 3 ? 'half_student' : 'full' },
      { seatNo: pair * 2, kind: 'full' },
    ],
    buyerId: newId(),
    buyerKey,
    key: randomUUID(),
    fingerprint: FINGERPRINT,
    correlationId: newId(),
  };
}
