import { createHash } from 'node:crypto';
import { countsInQuota } from '#contracts/ticket-kinds';
import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { StoredAnswer } from './commands.ts';
import { DATABASE_TICK_MS, linesOf, type Rows } from './rows.ts';

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
  for (const move of [MOVE_TICKETS, MOVE_ORDERS]) await db.rows(move, values);
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
export type Tables = { tickets: string[]; orders: string[]; refusals: string[]; promises: string[]; issued: string[] };

/** From ids of PostgreSQL to the names of the story. */
export type NamesBack = { screenings: Map<number, number>; orders: Map<string, string> };

export function modelTables(rows: Rows, now: number): Tables {
  const tables: Tables = { tickets: [], orders: [], refusals: [], promises: [], issued: [] };
  for (const { screeningId, tickets, status } of rows.screenings.values()) {
    for (const { seatNo, state, kind, orderId, heldUntil } of tickets) {
      tables.tickets.push([screeningId, status, seatNo, state, kind, orderId, heldUntil].join(' '));
    }
    const half = tickets.filter((ticket) => ticket.kind && countsInQuota(ticket.kind));
    const used = half.filter((ticket) => ticket.state === 'sold' || (ticket.heldUntil ?? 0) > now).length;
    tables.promises.push(promiseOf(screeningId, rows.quotas.get(screeningId) ?? 0, used));
  }
  for (const order of rows.orders.values()) {
    const { screeningId, orderId, state, totalCents, heldUntil, seatsUntil, firstKinds, seatNos } = order;
    const hashes = [hashOf(order.key), hashOf(order.fingerprint), uuidOf(order.buyerId), uuidOf(order.correlationId)];
    const first = firstKinds?.join(',') ?? '';
    const words = [screeningId, orderId, state, totalCents, heldUntil, seatsUntil, first, ...hashes];
    tables.orders.push([...words, wordsOfLines(linesOf(order))].join(' '));
    if (state === 'paid') for (const seatNo of seatNos) tables.issued.push([screeningId, seatNo, orderId].join(' '));
  }
  for (const [identity, { body, fingerprint }] of rows.refusals) {
    const [screeningId, , key] = identity.split('/');
    // Of a screening that does not exist, PostgreSQL has no name.
    const place = rows.screenings.has(Number(screeningId)) ? screeningId : '';
    tables.refusals.push([place, hashOf(key!), hashOf(fingerprint), wordsOfRefusal(body, uuidOf)].join(' '));
  }
  return sorted(tables);
}

export async function postgresTables(db: Database, time: VirtualTime, names: NamesBack): Promise<Tables> {
  const story = (ms: number | null) => (ms === null ? null : storyMs(time, ms));
  const screening = (id: number) => names.screenings.get(id);
  const order = (id: string | null) => (id === null ? null : (names.orders.get(id) ?? id));
  const tickets = await db.rows<Ticket>(READ_TICKETS);
  const orders = await db.rows<Order>(READ_ORDERS);
  const refusals = await db.rows<Refusal>(READ_REFUSALS);
  const quotas = await db.rows<{ screening: number; promised: number }>(READ_QUOTAS);
  const issued = await db.rows<{ screening: number; seat: number; order: string }>(READ_ISSUED);
  const usedOf = (id: number) =>
    tickets.filter(
      (row) => row.screening === id && row.half && (row.state === 'sold' || story(row.until)! > time.nowMs),
    );
  return sorted({
    tickets: tickets.map((row) =>
      [screening(row.screening), row.status, row.seat, row.state, row.kind, order(row.order), story(row.until)].join(
        ' ',
      ),
    ),
    orders: orders.map((row) => {
      const told = [screening(row.screening), order(row.order), row.state, row.total, story(row.told), story(row.kept)];
      const hashes = [row.first?.join(',') ?? '', row.key, row.body, row.buyer, row.correlation];
      return [told.join(' '), hashes.join(' '), wordsOfLines(row.lines)].join(' ');
    }),
    refusals: refusals.map((row) =>
      [screening(row.screening), row.key, row.body, wordsOfRefusal(row.answer, (instance) => instance)].join(' '),
    ),
    promises: quotas.map((row) => promiseOf(screening(row.screening)!, row.promised, usedOf(row.screening).length)),
    issued: issued.map((row) => [screening(row.screening), row.seat, order(row.order)].join(' ')),
  });
}

/** How much is promised depends on the batches in which it was asked; that it is enough does not. */
const promiseOf = (screeningId: number, promised: number, used: number): string =>
  promised >= used ? `${screeningId} has promised enough` : `${screeningId} has promised too few half-price tickets`;

function wordsOfRefusal(body: string, instanceOf: (instance: string) => string): string {
  const { outcome, instance, seatNos, already, left } = JSON.parse(body) as StoredAnswer;
  return [outcome, instanceOf(instance), seatNos?.join(','), already, left].join(' ');
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
export const wordsOfLines = (lines: readonly Line[]): string =>
  lines.map((line) => [line.seatNo, line.kind, line.priceCents, line.chargedCents, line.feeCents].join(':')).join(',');

/** Names of the story as ids of PostgreSQL, always the same. */
export const uuidOf = (name: string): string => {
  const hex = createHash('md5').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};

/** Eight bytes of a key's or a body's hash, as the tables keep them. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest().readBigInt64BE(0).toString();

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
  half: boolean;
  order: string | null;
  until: number | null;
};
type Order = {
  screening: number;
  order: string;
  state: string;
  total: number;
  told: number;
  kept: number;
  first: string[] | null;
  key: string;
  body: string;
  buyer: string;
  correlation: string;
  lines: Line[];
};
type Refusal = { screening: number; key: string; body: string; answer: string };

const CLOCK = sql`select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as ms`;
const MOVE_TICKETS = sql`
  update holds.tickets set held_until = to_timestamp(
    ($2 + floor((extract(epoch from held_until)::float8 * 1000 - $1) / $3) * $3) / 1000.0)
  where held_until is not null`;
const MOVE_ORDERS = sql`
  update orders.orders set
    held_until = to_timestamp(
      ($2 + floor((extract(epoch from held_until)::float8 * 1000 - $1) / $3) * $3) / 1000.0),
    seats_until = to_timestamp(
      ($2 + floor((extract(epoch from seats_until)::float8 * 1000 - $1) / $3) * $3) / 1000.0)`;
const READ_TICKETS = sql`
  select t.screening_id as screening, s.status, t.seat_no as seat, t.state, t.kind, holds.in_quota(t.kind) as half, t.order_id as "order",
         extract(epoch from t.held_until)::float8 * 1000 as until
  from holds.tickets t join screenings.screenings s using (screening_id)`;
const READ_ORDERS = sql`
  select screening_id as screening, order_id as "order", state, total_cents as total, first_kinds::text[] as first,
         key_hash::text as key, body_hash::text as body, buyer_id as buyer, correlation_id as correlation,
         extract(epoch from held_until)::float8 * 1000 as told, extract(epoch from seats_until)::float8 * 1000 as kept,
         holds.lines(seat_nos, kinds, price_cents, fee_basis_points) as lines
  from orders.orders`;
const READ_REFUSALS = sql`
  select screening_id as screening, key_hash::text as key, body_hash::text as body, answer from holds.refusals`;
const READ_QUOTAS = sql`
  select distinct t.screening_id as screening, coalesce(q.promised, 0) as promised
  from holds.tickets t left join holds.quotas q using (screening_id)`;
const READ_ISSUED = sql`
  select screening_id as screening, seat_no as seat, order_id as "order" from tickets.issued where state = 'valid'`;
