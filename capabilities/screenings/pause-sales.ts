import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

export type SalesStatusOutcome = 'screening_unknown' | 'screening_cancelled' | 'set';

/**
 * Stops the sale of a screening or lets it go on. Seats that are held stay held and can be paid. A cancelled one stays
 * cancelled. Again: nothing more happens.
 */
export async function setSalesStatus(
  tx: Transaction,
  wish: { screeningId: number; status: 'on_sale' | 'paused' },
): Promise<SalesStatusOutcome> {
  const row = await tx.row<{ status: string }>(LOCK, [wish.screeningId]);
  if (!row) return 'screening_unknown';
  if (row.status === 'cancelled') return 'screening_cancelled';
  if (row.status !== wish.status) await tx.rows(SET, [wish.screeningId, wish.status]);
  return 'set';
}

const LOCK = sql`select status from screenings.screenings where screening_id = $1 for no key update`;
const SET = sql`update screenings.screenings set status = $2, updated_at = now() where screening_id = $1`;
