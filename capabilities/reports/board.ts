import type { Board } from '#contracts/admin';
import { assert } from '#platform/fault';
import type { Queryable } from '#platform/postgres';
import { ALERTS, BOARD_SCREENINGS, MONEY, SALES_PER_HOUR, TODAY } from './board-queries.ts';

export const BOARD_SCREENINGS_MAX = 500;

/**
 * The board of one day (today where most theaters are, unless told). Sales count on the day and hour at which they
 * were made, by each theater's own clock; the screenings are those of the cinema day.
 */
export async function readBoard(db: Queryable, choice: { day?: string | undefined }): Promise<Board> {
  const today = await db.row<{ day: string; weekBefore: string }>(TODAY, [choice.day ?? null]);
  assert(today, 'there is always a today');
  const { day, weekBefore } = today;
  const money = await db.row<Money>(MONEY, [day]);
  assert(money, 'an aggregate gives one row');
  return {
    day,
    ...money,
    salesPerHour: await salesPerHour(db, day),
    salesPerHourLastWeek: await salesPerHour(db, weekBefore),
    screenings: await db.rows<Board['screenings'][number]>(BOARD_SCREENINGS, [day, BOARD_SCREENINGS_MAX]),
    alerts: await readAlerts(db, day),
  };
}

type Money = Pick<Board, 'grossCents' | 'feeCents' | 'ticketsSold' | 'ordersPaid' | 'refundedCents' | 'admitted'>;

async function salesPerHour(db: Queryable, day: string): Promise<number[]> {
  const hours = Array.from({ length: 24 }, () => 0);
  for (const { hour, sold } of await db.rows<{ hour: number; sold: number }>(SALES_PER_HOUR, [day])) {
    hours[hour] = sold;
  }
  return hours;
}

async function readAlerts(db: Queryable, day: string): Promise<Board['alerts']> {
  const rows = await db.rows<{ code: string; at: Date; subject: string }>(ALERTS, [day]);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}
