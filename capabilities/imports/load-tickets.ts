import { registerScreenings } from '#capabilities/screenings';
import type { Database, Transaction } from '#platform/postgres';
import { assert } from '#platform/fault';
import { sql } from '#platform/sql';
import { copyRows } from './copy-rows.ts';
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

export type TicketPass = { groups: ReadonlyMap<string, Group>; counts: TicketCounts; cancelled: boolean };

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
  const resolver = createGroupResolver(db, reserved);
  const counts = noCounts();
  let problems: Problem[] = [];
  const cursor = options.dry ? 0 : run.cursorLine;
  const batches = ahead(sheet, reader, resolver);
  const total = { rows: 0 };
  let cancelled = false;
  const told = { ...noCounts() };

  /** The next batch, settled; null at the end of the file. */
  async function next(): Promise<Settled | null> {
    const step = await batches.next();
    if (step.done) return null;
    const { batch, tolds } = step.value;
    const pieces = Buffer.allocUnsafe(batch.rows.length * TUPLE_BYTES);
    let used = 0;
    const lastLine = batch.firstLine + batch.rows.length - 1;
    // Rows that were loaded before a crash are settled again (to know repeats) but neither counted nor written.
    const again = Math.max(0, Math.min(batch.rows.length, cursor - batch.firstLine + 1));
    if (again > 0) {
      const nowhere = noCounts();
      reader.settle(batch.firstLine, batch.rows.slice(0, again), tolds.slice(0, again), nowhere, [], () => {});
    }
    const rows = again > 0 ? batch.rows.slice(again) : batch.rows;
    reader.settle(
      batch.firstLine + again,
      rows,
      again > 0 ? tolds.slice(again) : tolds,
      counts,
      problems,
      (id, no, price) => {
        pieces.writeInt16BE(3, used);
        pieces.writeInt32BE(4, used + 2);
        pieces.writeInt32BE(id, used + 6);
        pieces.writeInt32BE(2, used + 10);
        pieces.writeInt16BE(no, used + 14);
        pieces.writeInt32BE(4, used + 16);
        pieces.writeInt32BE(price, used + 20);
        used += TUPLE_BYTES;
      },
    );
    total.rows += batch.rows.length;
    if (total.rows > TICKET_ROWS_MAX) {
      throw new RefusedWhileReading(refuse('rows_too_many', `more than ${TICKET_ROWS_MAX} rows`));
    }
    return { pieces: pieces.subarray(0, used), lastLine, rows: batch.rows.length };
  }

  const fraction = () => Math.min(1, (sheet.bytesRead?.() ?? run.view.fileBytes) / Math.max(1, run.view.fileBytes));
  const since = (): TicketCounts => ({
    rows: counts.rows - told.rows,
    created: counts.created - told.created,
    updated: counts.updated - told.updated,
    unchanged: counts.unchanged - told.unchanged,
    failed: counts.failed - told.failed,
  });

  for (let more = true; more && !cancelled; ) {
    const kept = { settled: null as Settled | null };
    async function* pieces(): AsyncGenerator<Buffer> {
      yield COPY_HEADER;
      for (let rows = 0; rows < ROWS_PER_CHUNK; rows += kept.settled!.rows) {
        const settled = await next();
        more = settled !== null;
        if (!settled) break;
        kept.settled = settled;
        if (settled.pieces.length > 0) yield settled.pieces;
      }
      yield COPY_TRAILER;
    }
    const estimate = () => Math.round((run.view.rowsDone + counts.rows) / Math.max(0.01, fraction()));
    if (options.dry) {
      const unwritten = pieces();
      while (!(await unwritten.next()).done);
      await recordProblems(db, run.run, 'loading', problems);
      cancelled = await move(db, run.run, null, since(), estimate());
    } else {
      let begun = false;
      await db.transaction(async (tx) => {
        // The rows of a chunk can be read only once: a second try would write the next ones and lose these.
        assert(!begun, 'a chunk of tickets cannot be tried again');
        begun = true;
        await tx.rows(NO_TIMEOUT);
        const state = await tx.row<{ cancelled: boolean }>(LOCK, [run.run]);
        cancelled = state!.cancelled;
        if (cancelled) return;
        await copyRows(tx.client, COPY, pieces());
        await reserve(tx, run.run, reader.groups, reserved);
        await recordProblems(tx, run.run, 'loading', problems);
        await move(tx, run.run, kept.settled?.lastLine ?? null, since(), estimate());
      });
    }
    Object.assign(told, counts);
    problems = [];
    await options.onProgress();
  }
  return { groups: reader.groups, counts, cancelled };
}

type Prepared = { batch: RowBatch; tolds: ReturnType<ReturnType<typeof createTicketReader>['sort']>['tolds'] };

/** Reads one batch ahead: its screenings are looked up while the one before is being written. */
async function* ahead(
  sheet: Sheet,
  reader: ReturnType<typeof createTicketReader>,
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

async function move(
  db: Pick<Transaction, 'row'>,
  runId: string,
  cursor: number | null,
  counts: TicketCounts,
  estimate: number,
): Promise<boolean> {
  const { rows, created, updated, unchanged, failed } = counts;
  const answer = await db.row<{ cancelled: boolean }>(MOVE, [
    runId,
    cursor,
    rows,
    created,
    updated,
    unchanged,
    failed,
    estimate,
  ]);
  return answer!.cancelled;
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
const LOCK = sql`select cancel_requested as cancelled from imports.runs where run_id = $1 for update`;
const COPY = sql`copy holds.tickets (screening_id, seat_no, price_cents) from stdin (format binary)`;
const RESERVED = sql`
  select screening_id as id, record from imports.reserved_screenings where run_id = $1`;
const RESERVE = sql`
  insert into imports.reserved_screenings (run_id, screening_id, line, record)
  select $1, g.* from unnest($2::integer[], $3::integer[], $4::jsonb[]) as g`;
const MOVE = sql`
  update imports.runs
  set cursor_line = coalesce($2, cursor_line), rows_done = rows_done + $3, created_count = created_count + $4,
      updated_count = updated_count + $5, unchanged_count = unchanged_count + $6,
      failed_in_loading = failed_in_loading + $7, row_count = greatest(rows_done + $3, $8::integer)
  where run_id = $1 returning cancel_requested as cancelled`;
