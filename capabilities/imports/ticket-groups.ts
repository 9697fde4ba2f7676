import { resolveScreenings, type ScreeningRecord } from '#capabilities/screenings';
import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';
import { REFUSALS } from './screenings.ts';

// A tickets file is a million rows about some thousand screenings. Everything that needs the database is asked once
// per screening; per row remains one look into a map and one into an array.

type Hall = { noOf: Map<string, number>; seatMax: number };

export type Group = {
  line: number;
  record: Omit<ScreeningRecord, 'line'>;
  content: string;
  /** Filled when the screening has been looked up. */
  refusal: { code: string; message: string } | null;
  hall: Hall;
  /** Of the screening: there already, or reserved for it by this run. */
  screeningId: number;
  exists: boolean;
  /** By seat number: the line that told it first, 0 for none; and its price. */
  lineOf: Int32Array;
  priceOf: Int32Array;
  /** Tickets of an existing screening: price and whether it may change; -1 for no ticket. */
  storedPriceOf: Int32Array | null;
  fixed: Uint8Array | null;
  added: number[];
  repriced: number[];
  rowsGood: number;
};

export function newGroup(line: number, record: Group['record'], content: string): Group {
  return {
    line,
    record,
    content,
    refusal: null,
    hall: { noOf: new Map(), seatMax: 0 },
    screeningId: 0,
    exists: false,
    lineOf: new Int32Array(0),
    priceOf: new Int32Array(0),
    storedPriceOf: null,
    fixed: null,
    added: [],
    repriced: [],
    rowsGood: 0,
  };
}

/** `reserved` are numbers that this run took for its screenings before it was interrupted. */
export function createGroupResolver(db: Database, reserved: ReadonlyMap<string, number>) {
  const halls = new Map<number, Hall>();

  async function resolve(groups: Group[]): Promise<void> {
    if (groups.length === 0) return;
    const found = await resolveScreenings(
      db,
      groups.map((group, line) => ({ ...group.record, line })),
    );
    const unknown = found.flatMap((row) => (row.seatPlanId && !halls.has(row.seatPlanId) ? [row.seatPlanId] : []));
    if (unknown.length > 0) await learnHalls([...new Set(unknown)]);
    const existing: Group[] = [];
    for (const row of found) {
      const group = groups[row.line]!;
      if (row.code) {
        group.refusal = { code: row.code, message: REFUSALS[row.code] ?? row.code };
        continue;
      }
      group.hall = halls.get(row.seatPlanId!)!;
      group.exists = row.screeningId !== null;
      group.screeningId = row.screeningId ?? reserved.get(keyOf(group.record)) ?? row.freshId!;
      group.lineOf = new Int32Array(group.hall.seatMax + 1);
      group.priceOf = new Int32Array(group.hall.seatMax + 1);
      if (group.exists) existing.push(group);
    }
    if (existing.length > 0) await learnTickets(existing);
  }

  async function learnHalls(planIds: number[]): Promise<void> {
    const plans = await db.rows<{ id: number; nos: number[]; labels: string[] }>(PLANS, [planIds]);
    for (const { id, nos, labels } of plans) {
      const noOf = new Map(labels.map((label, index) => [label.toUpperCase(), nos[index]!]));
      halls.set(id, { noOf, seatMax: nos.reduce((max, no) => Math.max(max, no), 0) });
    }
  }

  async function learnTickets(groups: Group[]): Promise<void> {
    const of = new Map(groups.map((group) => [group.screeningId, group]));
    for (const group of groups) {
      group.storedPriceOf = new Int32Array(group.hall.seatMax + 1).fill(-1);
      group.fixed = new Uint8Array(group.hall.seatMax + 1);
    }
    const rows = await db.transaction(async (tx) => {
      // Freshly loaded tables have no statistics yet, and the planner would read them whole.
      await tx.rows(BY_INDEX);
      return tx.rows<Stored>(TICKETS, [[...of.keys()]]);
    });
    for (const row of rows) {
      const group = of.get(row.id)!;
      row.nos.forEach((no, index) => {
        group.storedPriceOf![no] = row.prices[index]!;
        group.fixed![no] = row.fixed[index] ? 1 : 0;
      });
    }
  }

  return { resolve };
}

export const keyOf = (record: Pick<ScreeningRecord, 'auditorium' | 'day' | 'time'>): string =>
  `${record.auditorium} ${record.day} ${record.time}`;

type Stored = { id: number; nos: number[]; prices: number[]; fixed: boolean[] };

const BY_INDEX = sql`set local enable_seqscan = off`;
const PLANS = sql`
  select p.seat_plan_id as id, s.nos, s.labels
  from catalog.seat_plans p
  cross join lateral (
    select array_agg((seat ->> 'no')::integer) as nos, array_agg(seat ->> 'label') as labels
    from jsonb_array_elements(p.plan -> 'seats') as seat) s
  where p.seat_plan_id = any($1::integer[])`;
const TICKETS = sql`
  select screening_id as id, array_agg(seat_no::integer) as nos, array_agg(price_cents) as prices,
         array_agg(state = 'sold' or state = 'held' and held_until > now() or archived) as fixed
  from (
    select screening_id, seat_no, price_cents, state, held_until, false as archived from holds.tickets
    union all
    select screening_id, unnest(seat_nos), unnest(price_cents), null, null, true from holds.archived_screenings
  ) as every where screening_id = any($1::integer[]) group by screening_id`;
