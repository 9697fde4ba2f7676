import { unlink } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { ImportKind, ImportRun } from '#contracts/imports';
import type { Database } from '#platform/postgres';
import { tell } from '#platform/outbox';
import { sql } from '#platform/sql';
import { inspectFile } from './inspect-file.ts';
import type { Kind } from './kind.ts';
import { applyChunks, planChunks } from './load-chunks.ts';
import { movies } from './movies.ts';
import { chooseLayout, describe } from './read-rows.ts';
import { isRefusal, refuse, RefusedWhileReading, type Refusal } from './refusal.ts';
import { readRun, readRunRow, type RunRow, setRefused } from './runs.ts';
import { screenings } from './screenings.ts';
import { openSheet, type Sheet } from './sheet.ts';
import { stageRows } from './stage.ts';
import { theaters } from './theaters.ts';
import { readDocument } from './read-json.ts';
import { readSeatMaps } from './read-seat-map.ts';
import { TICKETS_LAYOUT } from './read-tickets.ts';
import { seatMapsAsKind } from './seat-maps.ts';
import { workOnTickets } from './work-tickets.ts';

const KINDS: Record<Exclude<ImportKind, 'tickets'>, Kind> = { theaters, movies, screenings };

/** The work waits for what it returns. */
export type Progress = (run: ImportRun) => void | Promise<void>;

/** A killed worker's connection can live a moment longer than its process. */
const LOCK_TRIES = 40;
const LOCK_PAUSE_MS = 250;

/**
 * Takes a run as far as it goes: reads, plans or loads, whatever is left to do. One worker per run: the others are told
 * `run_at_work`. Safe to call again after any crash.
 */
export async function workOnRun(
  db: Database,
  runId: string,
  onProgress: Progress = () => {},
): Promise<'worked' | 'run_unknown' | 'run_at_work' | 'run_over'> {
  const guard = await db.connect();
  try {
    for (let attempt = 1; ; attempt += 1) {
      const { rows } = await guard.query<{ ours: boolean }>(TRY_LOCK, [runId]);
      if (rows[0]!.ours) break;
      if (attempt === LOCK_TRIES) return 'run_at_work';
      await pause(LOCK_PAUSE_MS);
    }
    const run = await readRunRow(db, runId);
    if (!run) return 'run_unknown';
    if (!['received', 'planning', 'applying'].includes(run.status)) return 'run_over';
    const report = async () => onProgress((await readRun(db, runId))!);
    const refusal = await goOn(db, run, report);
    if (refusal) await setRefused(db, runId, refusal.code, refusal.message);
    await report();
    return 'worked';
  } finally {
    await guard.query(UNLOCK, [runId]).catch(() => {});
    guard.release();
  }
}

async function goOn(db: Database, run: RunRow, report: () => Promise<void>): Promise<Refusal | null> {
  try {
    const file = await inspectFile(run.filePath);
    if (isRefusal(file)) return file;
    if (run.fileHash !== null && run.fileHash !== file.hash) {
      return refuse('file_changed', 'the file is not the one that this run began with');
    }
    const maps = run.kind === 'theaters' && file.format === 'json' ? readSeatMaps(await readDocument(file)) : null;
    const drawn = maps && seatMapsAsKind(maps.layout, maps.maps, file.encoding);
    const sheet = drawn ? drawn.sheet : await openSheet(file);
    if (isRefusal(sheet)) return sheet;
    const kind = drawn ? drawn.kind : run.kind === 'tickets' ? { layouts: [TICKETS_LAYOUT] } : KINDS[run.kind];
    const chosen = chooseLayout(sheet, kind);
    if (isRefusal(chosen)) return chosen;
    const understood = await describe(sheet, chosen.layout, chosen.binding);
    await db.rows(UNDERSTOOD, [run.run, file.bytes, file.hash, JSON.stringify(understood)]);
    if ('load' in kind) return await loadSheet(db, run.run, kind, sheet, chosen.layout, report);
    const end = await workOnTickets(db, run.run, sheet, chosen.binding, report);
    return isRefusal(end) ? end : await finish(db, run, end);
  } catch (error) {
    if (error instanceof RefusedWhileReading) return error.refusal;
    throw error;
  }
}

async function loadSheet(
  db: Database,
  runId: string,
  kind: Kind,
  sheet: Sheet,
  layout: Kind['layouts'][number],
  report: () => Promise<void>,
): Promise<Refusal | null> {
  const before = (await readRunRow(db, runId))!;
  if (!before.staged || (await stagedIsGone(db, before))) {
    await report();
    if (!(await stageRows(db, before, sheet, layout, report))) return finish(db, before, 'cancelled');
  }
  const run = (await readRunRow(db, runId))!;
  if ((run.dryRun || run.stopOnError) && run.status !== 'applying') {
    if (!(await planChunks(db, run, kind, report))) return finish(db, run, 'cancelled');
    if (run.dryRun) return finish(db, run, 'planned');
    const planned = (await readRun(db, runId))!;
    if (planned.errors > 0) return refuse('rows_failed', `${planned.errors} rows failed, so nothing was loaded`);
  }
  if (run.status !== 'applying') await db.rows(BEGIN_APPLYING, [runId]);
  const started = performance.now();
  const loaded = await applyChunks(db, run, kind, async (rows) => {
    const seconds = Math.max(0.001, (performance.now() - started) / 1000);
    await db.rows(SPEED, [runId, rows / seconds]);
    await report();
  });
  return finish(db, run, loaded ? 'done' : 'cancelled');
}

/** Staged rows are unlogged: a crash of the database server empties them. */
async function stagedIsGone(db: Database, run: RunRow): Promise<boolean> {
  const found = await db.row<{ count: number }>(COUNT_STAGED, [run.run]);
  return found!.count !== run.view.rows - run.failedInReading;
}

export async function finish(
  db: Database,
  run: Pick<RunRow, 'run' | 'kind' | 'ownsFile' | 'filePath'>,
  as: 'done' | 'cancelled' | 'planned',
): Promise<null> {
  await db.transaction(async (tx) => {
    const ended = await tx.row<{ status: string }>(FINISH, [run.run, as]);
    if (as === 'planned') return;
    await tx.rows(FORGET_STAGED, [run.run]);
    await tell(tx, {
      topic: 'import_finished',
      payload: { run: run.run, kind: run.kind, status: ended!.status },
      correlationId: run.run,
    });
  });
  if (as !== 'planned' && run.ownsFile) await unlink(run.filePath).catch(() => {});
  return null;
}

const TRY_LOCK = sql`select pg_try_advisory_lock(hashtextextended($1::text, 11)) as ours`;
const UNLOCK = sql`select pg_advisory_unlock(hashtextextended($1::text, 11))`;
const UNDERSTOOD = sql`
  update imports.runs
  set file_bytes = $2, file_hash = $3, understood = $4,
      status = case when status = 'received' then 'planning' else status end
  where run_id = $1`;
const BEGIN_APPLYING = sql`
  with forgotten as (delete from imports.errors where run_id = $1 and phase = 'loading' returning severity)
  update imports.runs
  set status = 'applying', cursor_line = 0, rows_done = failed_in_reading, created_count = 0, updated_count = 0,
      unchanged_count = 0, failed_in_loading = 0, entities = '{}',
      warning_count = warning_count - (select count(*) from forgotten where severity = 'warning')
  where run_id = $1`;
const SPEED = sql`update imports.runs set rows_per_second = $2 where run_id = $1`;
const COUNT_STAGED = sql`select count(*)::integer as count from imports.staged where run_id = $1`;
const FORGET_STAGED = sql`delete from imports.staged where run_id = $1`;
const FINISH = sql`
  update imports.runs
  set status = case when $2 = 'done' and failed_in_reading + failed_in_loading > 0 then 'done_with_errors' else $2 end,
      finished_at = case when $2 = 'planned' then null else now() end
  where run_id = $1 returning status`;
