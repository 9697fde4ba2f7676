import { registerScreenings } from '#capabilities/screenings';
import type { Database, Transaction } from '#platform/postgres';
import { assert, Fault } from '#platform/fault';
import { sql } from '#platform/sql';
import { copyRows } from './copy-rows.ts';
import { FENCE } from './fence.ts';
import { TICKET_ROWS_MAX } from './limits.ts';
import { createTicketReader, noCounts, type TicketCounts } from './read-tickets.ts';
import { refuse, RefusedWhileReading } from './refusal.ts';
import type { Binding, Problem } from './row-reader.ts';
import { recordProblems, type RunRow } from './runs.ts';
import type { RowBatch, Sheet } from './sheet.ts';
import { createGroupResolver, type Group, keyOf } from './ticket-groups.ts';

// One pass: while the file is read, tickets of new screenings go straight into holds.tickets by binary COPY, under
// screening numbers that are reserved but not there yet. Nobody sees a ticket without its screening, so nothing
// half-written is visible; when the file is through, screenings are published (publish-screenings.ts). Staging a
// million rows first would cost as much again as writing them.

// A chunk is less than a second; each costs a commit during which nothing flows.
const ROWS_PER_CHUNK = 200_000;
const TUPLE_BYTES = 24;
const COPY_HEADER = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
const COPY_TRAILER = Buffer.from([0xff, 0xff]);

// Somebody looks on, and may want it to stop, also while a chunk is slow.
const TELL_EVERY_MS = 500;

export type TicketPass = { groups: ReadonlyMap<string, Group>; counts: TicketCounts; cancelled: boolean };

type Reader = ReturnType<typeof createTicketReader>;
type Settled = { pieces: Buffer; lastLine: number; rows: number };

/** Reads the whole file; writes tickets unless `dry`. Rows up to the run's cursor were written before a crash. */
export async function passTickets(
  db: Database,
  run: RunRow,
  sheet: Sheet,
  binding: Binding,
  options: { dry: boolean; onProgress: () => Promise<void> },
): Promise<TicketPass> {
  const reserved = await reservedBy(db, run.run);
  const reader = createTicketReader(binding);
  const cursor = { line: options.dry ? 0 : run.cursorLine };
  const settler = createSettler(reader, ahead(sheet, reader, createGroupResolver(db, reserved)), cursor.line);
  const teller = createTeller(db, run, sheet, settler.counts, options.onProgress);
  const state = { more: true, cancelled: false };

  /** One chunk as input of COPY. */
  async function* pieces(): AsyncGenerator<Buffer> {
    yield COPY_HEADER;
    for (let rows = 0; rows < ROWS_PER_CHUNK && !state.cancelled; ) {
      const settled = await settler.next();
      state.more = settled !== null;
      if (!settled) break;
      cursor.line = Math.max(cursor.line, settled.lastLine);
      rows += settled.rows;
      if (settled.pieces.length > 0) yield settled.pieces;
      state.cancelled = await teller.tellInTime();
    }
    yield COPY_TRAILER;
  }

  async function writeChunk(tx: Transaction): Promise<void> {
    await tx.rows(NO_TIMEOUT);
    await tx.rows(FENCE, [run.run]);
    const stored = (await tx.row<{ cancelled: boolean; cursor: number }>(STATE, [run.run]))!;
    state.cancelled = stored.cancelled;
    if (stored.cancelled) return;
    // The last transaction of a worker that died may have ended after this one read where to begin.
    if (stored.cursor !== cursor.line) throw new Fault('import_moved_meanwhile', { retryable: true });
    await copyRows(tx.client, COPY, pieces());
    await reserve(tx, run.run, reader.groups, reserved);
    await recordProblems(tx, run.run, 'loading', settler.takeProblems());
    await teller.move(tx, cursor.line);
  }

  while (state.more && !state.cancelled) {
    if (options.dry) {
      const unwritten = pieces();
      while (!(await unwritten.next()).done);
      await recordProblems(db, run.run, 'loading', settler.takeProblems());
      state.cancelled = await teller.move(db, null);
    } else {
      let begun = false;
      await db.transaction(async (tx) => {
        // The rows of a chunk can be read only once: a second try would write the next ones and lose these.
        assert(!begun, 'a chunk of tickets cannot be tried again');
        begun = true;
        await writeChunk(tx);
      });
    }
    await options.onProgress();
  }
  return { groups: reader.groups, counts: settler.counts, cancelled: state.cancelled };
}

/** Decides batch after batch and packs the tickets to be written as tuples of COPY. */
function createSettler(reader: Reader, batches: AsyncGenerator<Prepared>, cursor: number) {
  const counts = noCounts();
  let problems: Problem[] = [];
  let total = 0;

  /** The next batch, settled; null at the end of the file. */
  async function next(): Promise<Settled | null> {
    const step = await batches.next();
    if (step.done) return null;
    const { batch, tolds } = step.value;
    total += batch.rows.length;
    if (total > TICKET_ROWS_MAX) {
      throw new RefusedWhileReading(refuse('rows_too_many', `more than ${TICKET_ROWS_MAX} rows`));
    }
    const pieces = Buffer.allocUnsafe(batch.rows.length * TUPLE_BYTES);
    let used = 0;
    const write = (id: number, no: number, price: number) => {
      pieces.writeInt16BE(3, used);
      pieces.writeInt32BE(4, used + 2);
      pieces.writeInt32BE(id, used + 6);
      pieces.writeInt32BE(2, used + 10);
      pieces.writeInt16BE(no, used + 14);
      pieces.writeInt32BE(4, used + 16);
      pieces.writeInt32BE(price, used + 20);
      used += TUPLE_BYTES;
    };
    // Rows that were loaded before a crash are settled again (to know repeats) but neither counted nor written.
    const again = Math.max(0, Math.min(batch.rows.length, cursor - batch.firstLine + 1));
    if (again > 0) {
      reader.settle(batch.firstLine, batch.rows.slice(0, again), tolds.slice(0, again), noCounts(), [], () => {});
    }
    const rest = again > 0 ? { rows: batch.rows.slice(again), tolds: tolds.slice(again) } : { rows: batch.rows, tolds };
    reader.settle(batch.firstLine + again, rest.rows, rest.tolds, counts, problems, write);
    const lastLine = batch.firstLine + batch.rows.length - 1;
    return { pieces: pieces.subarray(0, used), lastLine, rows: batch.rows.length };
  }

  return {
    counts,
    next,
    takeProblems: (): Problem[] => {
      const taken = problems;
      problems = [];
      return taken;
    },
  };
}

/** Writes to the run how far it is: with each chunk what counts, in between what is underway. */
function createTeller(db: Database, run: RunRow, sheet: Sheet, counts: TicketCounts, onProgress: () => Promise<void>) {
  const moved = noCounts();
  let toldAt = performance.now();
  const fraction = () => Math.min(1, (sheet.bytesRead?.() ?? run.view.fileBytes) / Math.max(1, run.view.fileBytes));
  const begun = run.view.created + run.view.updated + run.view.unchanged + run.view.errors;
  const estimate = () => Math.round((begun + counts.rows) / Math.max(0.01, fraction()));

  return {
    /** In the transaction of the rows it counts. Answers whether somebody cancelled. */
    move: async (tx: Pick<Transaction, 'row'>, cursor: number | null): Promise<boolean> => {
      const answer = await tx.row<{ cancelled: boolean }>(MOVE, [
        run.run,
        cursor,
        counts.created - moved.created,
        counts.updated - moved.updated,
        counts.unchanged - moved.unchanged,
        counts.failed - moved.failed,
        estimate(),
      ]);
      Object.assign(moved, counts);
      toldAt = performance.now();
      return answer!.cancelled;
    },
    /** On a connection of its own, by time. Answers whether somebody cancelled. */
    tellInTime: async (): Promise<boolean> => {
      if (performance.now() - toldAt < TELL_EVERY_MS) return false;
      const answer = await db.row<{ cancelled: boolean }>(TELL, [run.run, counts.rows - moved.rows, estimate()]);
      await onProgress();
      toldAt = performance.now();
      return answer!.cancelled;
    },
  };
}

type Prepared = { batch: RowBatch; tolds: ReturnType<Reader['sort']>['tolds'] };

/** Reads one batch ahead: its screenings are looked up while the one before is being written. */
async function* ahead(
  sheet: Sheet,
  reader: Reader,
  resolver: ReturnType<typeof createGroupResolver>,
): AsyncGenerator<Prepared> {
  let waiting: { prepared: Prepared; resolved: Promise<void> } | null = null;
  for await (const batch of sheet.batches()) {
    const { tolds, fresh } = reader.sort(batch.firstLine, batch.rows);
    const resolved = resolver.resolve(fresh);
    // Awaited one round later; a failure must not count as unhandled until then.
    resolved.catch(() => {});
    if (waiting) {
      await waiting.resolved;
      yield waiting.prepared;
    }
    waiting = { prepared: { batch, tolds }, resolved };
  }
  if (waiting) {
    await waiting.resolved;
    yield waiting.prepared;
  }
}

async function reservedBy(db: Database, runId: string): Promise<Map<string, number>> {
  const rows = await db.rows<{ id: number; record: Group['record'] }>(RESERVED, [runId]);
  return new Map(rows.map((row) => [keyOf(row.record), row.id]));
}

/** Writes down which numbers this run's tickets have, in the transaction that writes the tickets. */
async function reserve(
  tx: Transaction,
  runId: string,
  groups: ReadonlyMap<string, Group>,
  reserved: Map<string, number>,
): Promise<void> {
  const fresh = [...groups].filter(([key, group]) => !group.exists && group.rowsGood > 0 && !reserved.has(key));
  if (fresh.length === 0) return;
  await tx.rows(RESERVE, [
    runId,
    fresh.map(([, group]) => group.screeningId),
    fresh.map(([, group]) => group.line),
    fresh.map(([, group]) => JSON.stringify(group.record)),
  ]);
  for (const [key, group] of fresh) reserved.set(key, group.screeningId);
}

/** What publishing would say, without doing it: overlaps and the like. Always rolled back. */
export async function rehearse(db: Database, groups: Group[]) {
  const records = groups.map((group) => ({ ...group.record, line: group.line, ticketCount: group.rowsGood }));
  const client = await db.connect();
  try {
    await client.query('begin');
    const rows: Transaction['rows'] = async <R>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, values as unknown[])).rows as R[];
    const tx = { client, rows, row: async () => null } as Transaction;
    return await registerScreenings(tx, records, { rehearsal: true });
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
}

const NO_TIMEOUT = sql`set local statement_timeout = 0`;
const STATE = sql`
  select cancel_requested as cancelled, cursor_line as cursor from imports.runs where run_id = $1`;
const COPY = sql`copy holds.tickets (screening_id, seat_no, price_cents) from stdin (format binary)`;
const RESERVED = sql`
  select screening_id as id, record from imports.reserved_screenings where run_id = $1`;
const RESERVE = sql`
  insert into imports.reserved_screenings (run_id, screening_id, line, record)
  select $1, g.* from unnest($2::integer[], $3::integer[], $4::jsonb[]) as g`;
// What is done is what has an outcome: what TELL wrote of a chunk that was lost does not last.
const MOVE = sql`
  update imports.runs
  set cursor_line = coalesce($2, cursor_line), created_count = created_count + $3, updated_count = updated_count + $4,
      unchanged_count = unchanged_count + $5, failed_in_loading = failed_in_loading + $6,
      rows_done = created_count + updated_count + unchanged_count + failed_in_loading + $3 + $4 + $5 + $6,
      row_count = greatest(created_count + updated_count + unchanged_count + failed_in_loading + $3 + $4 + $5 + $6,
                           $7::integer)
  where run_id = $1 returning cancel_requested as cancelled`;
const TELL = sql`
  update imports.runs
  set rows_done = created_count + updated_count + unchanged_count + failed_in_loading + $2::integer,
      row_count = greatest(rows_done, $3::integer)
  where run_id = $1 returning cancel_requested as cancelled`;
