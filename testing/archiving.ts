import type { ArchiveOutcome, SeatHolder } from '#capabilities/holds';
import { blockSeats } from '#capabilities/holds';
import { confirmPaid } from '#capabilities/orders';
import type { Database } from '#platform/postgres';
import { aScreening } from './builders.ts';
import { aHeldOrder } from './holding.ts';

/** In tests the archive begins here: what ended 46 days ago is old, what ended 44 days ago is not. */
export const ARCHIVE_DAYS = 45;

/** Two paid orders (three seats, two of them half price), one blocked seat, one seat at another price, 50 in all. */
export async function aSoldScreening(db: Database, holder: SeatHolder) {
  const screening = await aScreening(db);
  const { screeningId } = screening;
  await db.rows('update holds.tickets set price_cents = 4500 where screening_id = $1 and seat_no = 30', [screeningId]);
  const orders = [
    await aHeldOrder(holder, screeningId, [1, 2], { kind: 'half_student' }),
    await aHeldOrder(holder, screeningId, [7]),
  ];
  for (const order of orders) {
    await db.transaction((tx) => confirmPaid(tx, { ...order, paidCents: order.totalCents }));
  }
  await db.transaction((tx) => blockSeats(tx, { screeningId, seatNos: [50], blocked: true }));
  return { ...screening, orders };
}

/** As if the screening had been sold as usual and so many days had passed since its end. */
export async function letItEnd(db: Database, screeningId: number, days: number): Promise<void> {
  await db.rows(
    `update screenings.screenings set starts_at = now() - make_interval(days => $2, hours => 2),
       ends_at = now() - make_interval(days => $2), sales_close_at = now() - make_interval(days => $2, hours => 1)
     where screening_id = $1`,
    [screeningId, days],
  );
}

export async function archiveNow(db: Database, screeningId: number): Promise<ArchiveOutcome> {
  const row = await db.row<{ outcome: ArchiveOutcome }>(
    'select holds.archive_screening($1, now() - make_interval(days => $2)) as outcome',
    [screeningId, ARCHIVE_DAYS],
  );
  return row!.outcome;
}

/** Rows that a screening still has in the tables of the sale. */
export async function hotRows(db: Database, screeningId: number): Promise<number> {
  const row = await db.row<{ n: number }>(
    `select (select count(*) from holds.tickets where screening_id = $1)
          + (select count(*) from holds.quotas where screening_id = $1) as n`,
    [screeningId],
  );
  return row!.n;
}

/** How many seats of a screening say what, wherever they lie: { available: 46, blocked: 1, sold: 3 }. */
export async function seatCounts(db: Database, screeningId: number): Promise<Record<string, number>> {
  const rows = await db.rows<{ state: string; n: number }>(
    'select state::text, count(*) as n from holds.all_tickets where screening_id = $1 group by state order by 1',
    [screeningId],
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
}
