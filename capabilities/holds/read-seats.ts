import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import { parseNotice } from './seat-notice.ts';

/** One seat of one screening, as in a notice of holds.publish_changes. */
export type SeatRow = {
  no: number;
  /** Position in SEAT_STATES, as written: a hold whose time has passed still says held. */
  state: number;
  inQuota: boolean;
  /** Milliseconds by the database clock; 0 when not held. */
  heldUntilMs: number;
};

export type SeatRows = { seatCount: number; quota: number; nowMs: number; seats: SeatRow[] };

/** Every registered ticket of a screening at one instant, with the database's time; null when there is none such. */
export async function readSeatRows(db: Queryable, screeningId: number): Promise<SeatRows | null> {
  const row = await db.row<Omit<SeatRows, 'seats'> & { flat: string | null }>(READ_SEATS, [screeningId]);
  if (!row) return null;
  return { seatCount: row.seatCount, quota: row.quota, nowMs: row.nowMs, seats: parseNotice(row.flat ?? '') };
}

const READ_SEATS = sql`
  select p.seat_count as "seatCount", s.half_price_quota as quota,
         floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "nowMs",
         (select string_agg(concat_ws(',', t.screening_id, t.seat_no, holds.state_no(t.state),
                   holds.in_quota(t.kind)::integer,
                   coalesce(floor(extract(epoch from t.held_until) * 1000)::bigint, 0)), ',')
            from holds.all_tickets t where t.screening_id = s.screening_id) as flat
  from screenings.screenings s
  join catalog.seat_plans p on p.seat_plan_id = s.seat_plan_id
  where s.screening_id = $1`;
