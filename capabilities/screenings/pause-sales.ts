import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

/** NOTIFY channel: the id of a screening whose sale was stopped or goes on. */
export const SALES_CHANNEL = 'sales_status';

export type SalesStatusOutcome = 'screening_unknown' | 'screening_cancelled' | 'set';

/**
 * Stops the sale of a screening or lets it go on. Seats that are held stay held and can be paid. A cancelled one stays
 * cancelled. Again: nothing more happens. Whoever looks at its seats hears of it at commit.
 */
export async function setSalesStatus(
  tx: Transaction,
  wish: { screeningId: number; status: 'on_sale' | 'paused' },
): Promise<SalesStatusOutcome> {
  const row = await tx.row<{ status: string }>(LOCK, [wish.screeningId]);
  if (!row) return 'screening_unknown';
  if (row.status === 'cancelled') return 'screening_cancelled';
  if (row.status !== wish.status) {
    await tx.rows(SET, [wish.screeningId, wish.status]);
    await tx.rows(TELL, [SALES_CHANNEL, String(wish.screeningId)]);
  }
  return 'set';
}

const LOCK = sql`select status from screenings.screenings where screening_id = $1 for no key update`;
const SET = sql`update screenings.screenings set status = $2, updated_at = now() where screening_id = $1`;
const TELL = sql`select pg_notify($1, $2)`;
