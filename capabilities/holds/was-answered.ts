import { hash } from 'node:crypto';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import { orderIdOf } from './flush-holds.ts';

/**
 * Whether a hold of this buyer was answered under this key before, at whichever process: then `SeatHolder.hold` gives
 * the same answer again and takes no seat. Two looks by key.
 */
export async function wasAnswered(
  db: Queryable,
  asked: { screeningId: number; buyerKey: Buffer; key: string },
): Promise<boolean> {
  const { screeningId, buyerKey, key } = asked;
  const keyHash = hash('sha256', key, 'buffer').readBigInt64BE().toString();
  const first = orderIdOf(screeningId, buyerKey, 1);
  return (await db.row(WAS_ANSWERED, [screeningId, first, buyerKey, keyHash])) !== null;
}

const WAS_ANSWERED = sql`
  select true as yes from orders.orders o
   where o.screening_id = $1 and o.order_id between $2 and holds.last_id($2) and o.buyer_key = $3 and o.key_hash = $4
  union all
  select true from holds.refusals f where f.screening_id = $1 and f.order_id = $2 and f.key_hash = $4
  limit 1`;
