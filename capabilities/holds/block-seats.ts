import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

export type BlockOutcome =
  | { outcome: 'done' }
  | { outcome: 'seat_unknown' } // One of them was never registered; nothing changed.
  | { outcome: 'seat_taken'; seatNos: number[] }; // These are held or sold; nothing changed.

/** Takes seats off sale or puts them back, all or none. A seat that somebody holds or owns is never taken away. */
export async function blockSeats(
  tx: Transaction,
  seats: { screeningId: number; seatNos: readonly number[]; blocked: boolean },
): Promise<BlockOutcome> {
  const row = await tx.row<{ outcome: BlockOutcome['outcome']; seat_nos: number[] }>(BLOCK, [
    seats.screeningId,
    seats.seatNos,
    seats.blocked,
  ]);
  return row!.outcome === 'seat_taken' ? { outcome: 'seat_taken', seatNos: row!.seat_nos } : { outcome: row!.outcome };
}

const BLOCK = sql`select outcome, seat_nos from holds.block_seats($1, $2::smallint[], $3)`;
