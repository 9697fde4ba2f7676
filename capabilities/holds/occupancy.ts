import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import { eachChange } from './seat-notice.ts';

export type Occupancy = {
  /** Free seats of a screening now, or null when it has to be read (`read`). */
  available(screeningId: number): number | null;
  /** The same for many, in their order; one query for all that are not in memory or not to be trusted. */
  read(screeningIds: readonly number[]): Promise<number[]>;
  /** Applies a notice of holds.publish_changes. */
  hear(payload: string): void;
  /** Forgets these, or all: what happened to them was not told by such notices. */
  forget(screeningIds?: readonly number[]): void;
  stats(): { screenings: number; seats: number };
};

export type OccupancyOptions = {
  db: Queryable;
  clock: Clock;
  /** Whether notices arrive; while false what was read holds for 100 ms. */
  listening(): boolean;
  /** Four bytes each; beyond it the longest unasked screenings go. */
  seatsMax?: number;
};

const FREE = 0;
const GONE = 0xffff_ffff;
const DEAF_MS = 100;
// Ends of holds are kept in 10 ms since this process began: 32 bits last for 490 days.
const TICK_MS = 10;
const TRIES_MAX = 5;

type Entry = {
  /** By seat number − 1: FREE, GONE, or the end of a hold. */
  seats: Uint32Array;
  free: number;
  /** No hold ends before this tick. */
  nextEnd: number;
  readAtMs: number;
};
type Reading = { promise: Promise<void>; missed: string[]; ids: Set<number>; overtaken: Set<number> };

/**
 * How many seats are free, of every screening that somebody asked for: counted once, then kept by absolute changes.
 * Holds end by comparison with the database's time, without a timer. 10,000 screenings of 300 seats are 12 MB.
 */
export function createOccupancy(options: OccupancyOptions): Occupancy {
  const { db, clock } = options;
  const seatsMax = options.seatsMax ?? 4_000_000;
  const entries = new Map<number, Entry>();
  const readings = new Set<Reading>();
  let seats = 0;
  let aheadMs = 0;
  let epochMs: number | null = null;

  const now = () => clock.now().getTime();
  // A hold is over when its end is not later than now: its tick rounds up, the present rounds down.
  const tickOf = (untilMs: number) => Math.max(1, Math.min(GONE - 1, Math.ceil((untilMs - epochMs!) / TICK_MS)));
  const nowTick = () => Math.floor((now() - aheadMs - epochMs!) / TICK_MS);

  const remove = (screeningId: number) => {
    seats -= entries.get(screeningId)?.seats.length ?? 0;
    entries.delete(screeningId);
  };
  const count = (entry: Entry, tick: number) => {
    let free = 0;
    let nextEnd = GONE;
    for (const seat of entry.seats) {
      if (seat <= tick) free += 1;
      else if (seat < nextEnd) nextEnd = seat;
    }
    entry.free = free;
    entry.nextEnd = nextEnd;
  };
  const set = (entry: Entry, no: number, state: number, untilMs: number): void => {
    if (no > entry.seats.length) {
      const wider = new Uint32Array(no).fill(GONE);
      wider.set(entry.seats);
      seats += no - entry.seats.length;
      entry.seats = wider;
    }
    entry.seats[no - 1] = state === 0 ? FREE : state === 1 ? tickOf(untilMs) : GONE;
    // Counted when asked for.
    entry.nextEnd = 0;
  };
  const apply = (payload: string, only?: ReadonlySet<number>) => {
    eachChange(payload, (screeningId, no, state, _inQuota, heldUntilMs) => {
      const entry = only && !only.has(screeningId) ? undefined : entries.get(screeningId);
      if (entry) set(entry, no, state, heldUntilMs);
    });
  };

  const load = async (own: Reading): Promise<void> => {
    const startedMs = now();
    const rows = await db.rows<FreeRow>(READ_FREE, [[...own.ids]]);
    const databaseMs = rows[0]?.nowMs;
    if (databaseMs !== undefined) {
      aheadMs = now() - databaseMs;
      epochMs ??= databaseMs - 1_000;
    }
    for (const row of rows) {
      if (own.overtaken.has(row.screeningId)) continue;
      const entry: Entry = { seats: new Uint32Array(row.seats).fill(GONE), free: 0, nextEnd: 0, readAtMs: startedMs };
      for (const no of row.free === '' ? [] : row.free.split(',')) entry.seats[Number(no) - 1] = FREE;
      const held = row.held === '' ? [] : row.held.split(',').map(Number);
      for (let at = 0; at + 1 < held.length; at += 2) entry.seats[held[at]! - 1] = tickOf(held[at + 1]!);
      remove(row.screeningId);
      entries.set(row.screeningId, entry);
      seats += entry.seats.length;
    }
    for (const payload of own.missed) apply(payload, own.ids);
    for (const id of entries.keys()) {
      if (seats <= seatsMax) return;
      if (!own.ids.has(id)) remove(id);
    }
  };

  const freeOf = (entry: Entry): number => {
    const tick = nowTick();
    if (tick >= entry.nextEnd) count(entry, tick);
    return entry.free;
  };
  const trusted = (entry: Entry) => options.listening() || Math.abs(now() - entry.readAtMs) < DEAF_MS;

  const readMissing = async (screeningIds: readonly number[]): Promise<void> => {
    const wanted = new Set<number>();
    for (const id of screeningIds) {
      const entry = entries.get(id);
      if (!entry || !trusted(entry)) wanted.add(id);
      else {
        // Most recently asked last: Map keeps the order of insertion.
        entries.delete(id);
        entries.set(id, entry);
      }
    }
    const waiting: Promise<void>[] = [];
    for (const other of readings)
      for (const id of other.ids) if (!other.overtaken.has(id) && wanted.delete(id)) waiting.push(other.promise);
    if (wanted.size > 0) {
      const own: Reading = { promise: Promise.resolve(), missed: [], ids: wanted, overtaken: new Set() };
      readings.add(own);
      own.promise = load(own).finally(() => readings.delete(own));
      waiting.push(own.promise);
    }
    await Promise.all(waiting);
  };

  return {
    available: (screeningId) => {
      const entry = entries.get(screeningId);
      return entry && trusted(entry) ? freeOf(entry) : null;
    },

    read: async (screeningIds) => {
      // A reading is overtaken when `forget` is called meanwhile; more than a few times in a row is a storm.
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        await readMissing(screeningIds);
        const found = screeningIds.map((id) => entries.get(id));
        if (found.every((entry) => entry !== undefined)) return found.map(freeOf);
      }
      throw new Fault('seats_unsteady', { retryable: true });
    },

    hear: (payload) => {
      for (const reading of readings) reading.missed.push(payload);
      apply(payload);
    },

    forget: (screeningIds) => {
      for (const id of screeningIds ?? [...entries.keys()]) remove(id);
      for (const reading of readings) for (const id of screeningIds ?? reading.ids) reading.overtaken.add(id);
    },

    stats: () => ({ screenings: entries.size, seats }),
  };
}

type FreeRow = { screeningId: number; seats: number; free: string; held: string; nowMs: number };

// A screening without tickets has no seat that could be free, and still a row.
const READ_FREE = sql`
  select w.screening_id as "screeningId", coalesce(max(t.seat_no), 0) as seats,
         coalesce(string_agg(t.seat_no::text, ',') filter (where t.state = 'available'), '') as free,
         coalesce(string_agg(concat(t.seat_no, ',', floor(extract(epoch from t.held_until) * 1000)::bigint), ',')
                    filter (where t.state = 'held'), '') as held,
         floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "nowMs"
    from unnest($1::integer[]) as w(screening_id)
    left join holds.tickets as t on t.screening_id = w.screening_id
   group by w.screening_id`;
