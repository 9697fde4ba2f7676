import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';
import { DATABASE_TICK_MS, type Rows } from './rows.ts';

/**
 * The story's time on a database whose clock cannot be set: `anchorMs` is the real moment of its beginning, and moves.
 * Not the clock goes forward, the past goes back: before a command runs, every time in the tables is written as far
 * from the real now as it is from the story's. Times are rounded down to the tick, so that the milliseconds that a
 * command takes do not add up; a command has a whole tick, ten seconds, until a comparison could turn out otherwise.
 */
export type VirtualTime = { anchorMs: number; nowMs: number };

export async function moveTime(db: Database, time: VirtualTime, nowMs: number): Promise<VirtualTime> {
  const clock = await db.row<{ ms: number }>(CLOCK);
  const anchorMs = clock!.ms - nowMs;
  const values = [time.anchorMs, anchorMs, DATABASE_TICK_MS];
  for (const move of [MOVE_TICKETS, MOVE_ORDERS, MOVE_TALLIES]) await db.rows(move, values);
  return { anchorMs, nowMs };
}

/** Whether time must be moved: the story went on, or the real clock went a second since it was moved last. */
export const isOld = (time: VirtualTime, nowMs: number): boolean =>
  time.nowMs !== nowMs || Math.abs(Date.now() - time.anchorMs - nowMs) > 1_000;

/** Fails when the machine was so slow that the story's now is over: what was compared since proves nothing. */
export async function assertSameTick(db: Database, time: VirtualTime): Promise<void> {
  const clock = await db.row<{ ms: number }>(CLOCK);
  const late = clock!.ms - time.anchorMs - time.nowMs;
  if (late >= DATABASE_TICK_MS) throw new Error(`a command took ${late} ms, more than a tick of the story's clock`);
}

/** A time of the database as the story counts it. */
export const storyMs = (time: VirtualTime, realMs: number): number =>
  Math.floor((realMs - time.anchorMs) / DATABASE_TICK_MS) * DATABASE_TICK_MS;

/** All that is compared, in words, sorted: the same from the tables of the model and those of PostgreSQL. */
export type Tables = { tickets: string[]; orders: string[]; tallies: string[]; answers: string[]; issued: string[] };

/** From ids of PostgreSQL to the names of the story. */
export type NamesBack = { screenings: Map<number, number>; orders: Map<string, string> };

export function modelTables(rows: Rows, now: number): Tables {
  const tables: Tables = { tickets: [], orders: [], tallies: [], answers: [], issued: [] };
  for (const { screeningId, tickets, status } of rows.screenings.values()) {
    for (const { seatNo, state, kind, orderId, heldUntil } of tickets) {
      tables.tickets.push([screeningId, status, seatNo, state, kind, orderId, heldUntil].join(' '));
    }
  }
  for (const { screeningId, orderId, state, totalCents, heldUntil, lines } of rows.orders.values()) {
    tables.orders.push([screeningId, orderId, state, totalCents, heldUntil, linesOf(lines)].join(' '));
    if (state === 'paid') for (const line of lines) tables.issued.push([screeningId, line.seatNo, orderId].join(' '));
  }
  for (const [person, elements] of rows.tallies) {
    const [screeningId] = person.split('/');
    for (const { orderId, seats, until } of elements) {
      if (until > now) tables.tallies.push([screeningId, orderId, seats, until].join(' '));
    }
  }
  for (const [key, { body }] of rows.answers) {
    tables.answers.push([key.split('/')[2], (JSON.parse(body) as { outcome: string }).outcome].join(' '));
  }
  return sorted(tables);
}

export async function postgresTables(db: Database, time: VirtualTime, names: NamesBack): Promise<Tables> {
  const story = (ms: number | null) => (ms === null || ms === Infinity ? ms : storyMs(time, ms));
  const screening = (id: number) => names.screenings.get(id);
  const order = (id: string | null) => (id === null ? null : (names.orders.get(id) ?? id));
  const tickets = await db.rows<Ticket>(READ_TICKETS);
  const orders = await db.rows<Order>(READ_ORDERS);
  const tallies = await db.rows<Tally>(READ_TALLIES);
  const answers = await db.rows<{ key: string; body: string }>(READ_ANSWERS);
  const issued = await db.rows<{ screening: number; seat: number; order: string }>(READ_ISSUED);
  return sorted({
    tickets: tickets.map((row) =>
      [screening(row.screening), row.status, row.seat, row.state, row.kind, order(row.order), story(row.until)].join(
        ' ',
      ),
    ),
    orders: orders.map((row) =>
      [screening(row.screening), order(row.order), row.state, row.total, story(row.until), linesOf(row.lines)].join(
        ' ',
      ),
    ),
    tallies: tallies
      .map((row) => ({ ...row, until: story(row.until)! }))
      .filter((row) => row.until > time.nowMs)
      .map((row) => [screening(row.screening), order(row.order), row.seats, row.until].join(' ')),
    answers: answers.map((row) => [row.key, (JSON.parse(row.body) as { outcome: string }).outcome].join(' ')),
    issued: issued.map((row) => [screening(row.screening), row.seat, order(row.order)].join(' ')),
  });
}

/** What one side has and the other has not, in words; empty when the tables are the same. */
export function tableDifferences(model: Tables, postgres: Tables): string[] {
  return (Object.keys(model) as (keyof Tables)[]).flatMap((table) => {
    const [ours, theirs] = [new Set(model[table]), new Set(postgres[table])];
    return [
      ...model[table].filter((row) => !theirs.has(row)).map((row) => `${table}: only in the model: ${row}`),
      ...postgres[table].filter((row) => !ours.has(row)).map((row) => `${table}: only in PostgreSQL: ${row}`),
    ];
  });
}

type Line = { seatNo: number; kind: string; priceCents: number; chargedCents: number; feeCents: number };
export const linesOf = (lines: readonly Line[]): string =>
  lines.map((line) => [line.seatNo, line.kind, line.priceCents, line.chargedCents, line.feeCents].join(':')).join(',');

function sorted(tables: Tables): Tables {
  for (const rows of Object.values(tables)) rows.sort();
  return tables;
}

type Ticket = {
  screening: number;
  status: string;
  seat: number;
  state: string;
  kind: string | null;
  order: string | null;
  until: number | null;
};
type Order = { screening: number; order: string; state: string; total: number; until: number; lines: Line[] };
type Tally = { screening: number; order: string; seats: number; until: number };

const CLOCK = sql`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms`;
const MOVE_TICKETS = sql`
  update holds.tickets set held_until = to_timestamp(
    ($2 + floor((extract(epoch from held_until)::float8 * 1000 - $1) / $3) * $3) / 1000.0)
  where held_until is not null`;
const MOVE_ORDERS = sql`
  update orders.orders set held_until = to_timestamp(
    ($2 + floor((extract(epoch from held_until)::float8 * 1000 - $1) / $3) * $3) / 1000.0)`;
const MOVE_TALLIES = sql`
  update holds.tallies y set counts_until = (
    select coalesce(array_agg(case when isfinite(e.until) then to_timestamp(
        ($2 + floor((extract(epoch from e.until)::float8 * 1000 - $1) / $3) * $3) / 1000.0) else e.until end
      order by e.n), '{}')
    from unnest(y.counts_until) with ordinality as e(until, n))`;
const READ_TICKETS = sql`
  select t.screening_id as screening, s.status, t.seat_no as seat, t.state, t.kind, t.order_id as "order",
         extract(epoch from t.held_until)::float8 * 1000 as until
  from holds.tickets t join screenings.screenings s using (screening_id)`;
const READ_ORDERS = sql`
  select screening_id as screening, order_id as "order", state, total_cents as total, lines,
         extract(epoch from held_until)::float8 * 1000 as until from orders.orders`;
const READ_TALLIES = sql`
  select y.screening_id as screening, e.id as "order", e.seats, extract(epoch from e.until)::float8 * 1000 as until
  from holds.tallies y cross join lateral unnest(y.order_ids, y.seat_counts, y.counts_until) as e(id, seats, until)`;
const READ_ANSWERS = sql`select key, body from idempotency.answers`;
const READ_ISSUED = sql`
  select screening_id as screening, seat_no as seat, order_id as "order" from tickets.issued where state = 'valid'`;
