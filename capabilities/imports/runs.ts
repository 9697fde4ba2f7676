import type { ImportError, ImportKind, ImportRun, ImportStatus } from '#contracts/imports';
import type { Database, Queryable } from '#platform/postgres';
import { newId } from '#platform/ids';
import { sql } from '#platform/sql';
import type { Problem } from './row-reader.ts';
import { ERROR_VALUE_CHARS_MAX, ERRORS_KEPT_MAX } from './limits.ts';

export type NewRun = {
  kind: ImportKind;
  /** Where the bytes are; kept until the run is over, so that it can be resumed. */
  path: string;
  fileName: string;
  dryRun?: boolean;
  /** A single bad row and nothing is loaded. */
  stopOnError?: boolean;
  startedBy?: string | null;
  ownsFile?: boolean;
};

export type RunRow = {
  run: string;
  kind: ImportKind;
  fileName: string;
  filePath: string;
  fileHash: string | null;
  ownsFile: boolean;
  dryRun: boolean;
  stopOnError: boolean;
  status: ImportStatus;
  staged: boolean;
  cursorLine: number;
  cancelRequested: boolean;
  failedInReading: number;
  entities: ImportRun['entities'];
  view: ImportRun;
};

export async function createRun(db: Queryable, run: NewRun): Promise<string> {
  const runId = newId();
  await db.rows(CREATE, [
    runId,
    run.kind,
    run.fileName.slice(0, 200),
    run.path,
    run.dryRun ?? false,
    run.stopOnError ?? false,
    run.startedBy ?? null,
    run.ownsFile ?? false,
  ]);
  return runId;
}

/** A run with what can be done to it now, or null. */
export async function readRun(db: Queryable, runId: string): Promise<ImportRun | null> {
  return (await readRunRow(db, runId))?.view ?? null;
}

export async function readRunRow(db: Queryable, runId: string): Promise<RunRow | null> {
  const row = await db.row<Raw>(READ, [runId]);
  return row ? toRunRow(row) : null;
}

const RUNS_LISTED_MAX = 100;

export async function listRuns(db: Queryable): Promise<ImportRun[]> {
  return (await db.rows<Raw>(LIST, [RUNS_LISTED_MAX])).map((row) => toRunRow(row).view);
}

export const ERRORS_PER_PAGE = 100;

export async function listErrors(
  db: Queryable,
  runId: string,
  page: number,
): Promise<{ errors: ImportError[]; total: number }> {
  const total = await db.row<{ total: number }>(COUNT_ERRORS, [runId]);
  const errors = await db.rows<ImportError>(ERRORS, [runId, ERRORS_PER_PAGE, (page - 1) * ERRORS_PER_PAGE]);
  return { errors, total: total!.total };
}

/**
 * Keeps what was wrong, up to a limit per run; values are cut, counts are the run's. Warnings of the loading are counted
 * here, those of the reading when all rows are staged.
 */
export async function recordProblems(
  db: Queryable,
  runId: string,
  phase: 'reading' | 'loading',
  problems: Problem[],
): Promise<void> {
  for (let at = 0; at < problems.length; at += 1_000) {
    const some = problems.slice(at, at + 1_000);
    await db.rows(RECORD, [
      runId,
      phase,
      ERRORS_KEPT_MAX,
      some.map((problem) => problem.line),
      some.map((problem) => keepable(problem.column)),
      some.map((problem) => problem.code),
      some.map((problem) => problem.severity),
      some.map((problem) => keepable(problem.value)),
      some.map((problem) => keepable(problem.message)),
    ]);
  }
  const warnings = problems.filter((problem) => problem.severity === 'warning').length;
  if (phase === 'loading' && warnings > 0) await db.rows(WARN, [runId, warnings]);
}

function keepable(text: string | null): string | null {
  return text === null ? null : text.slice(0, ERROR_VALUE_CHARS_MAX).toWellFormed().replaceAll('\0', '\ufffd');
}

export async function setRefused(db: Database, runId: string, code: string, message: string): Promise<void> {
  await db.rows(REFUSE, [runId, code, keepable(message)]);
}

type Raw = Record<string, never> & {
  run_id: string;
  kind: ImportKind;
  file_name: string;
  file_path: string;
  file_bytes: number;
  file_hash: string | null;
  owns_file: boolean;
  dry_run: boolean;
  stop_on_error: boolean;
  status: ImportStatus;
  understood: ImportRun['understood'];
  staged: boolean;
  row_count: number;
  rows_done: number;
  rows_per_second: number;
  cursor_line: number;
  created_count: number;
  updated_count: number;
  unchanged_count: number;
  failed_in_reading: number;
  failed_in_loading: number;
  warning_count: number;
  entities: ImportRun['entities'];
  refusal_code: string | null;
  refusal_message: string | null;
  cancel_requested: boolean;
  started_by: string | null;
  created_at: Date;
  finished_at: Date | null;
  at_work: boolean;
  has_changes: boolean;
};

const UNFINISHED: ReadonlySet<ImportStatus> = new Set(['received', 'planning', 'applying']);
const LOADED: ReadonlySet<ImportStatus> = new Set(['done', 'done_with_errors', 'cancelled']);

function toRunRow(raw: Raw): RunRow {
  const unfinished = UNFINISHED.has(raw.status);
  const view: ImportRun = {
    run: raw.run_id,
    kind: raw.kind,
    fileName: raw.file_name,
    fileBytes: raw.file_bytes,
    dryRun: raw.dry_run,
    status: raw.status,
    understood: raw.understood,
    rows: raw.row_count,
    rowsDone: raw.rows_done,
    rowsPerSecond: Math.round(raw.rows_per_second),
    created: raw.created_count,
    updated: raw.updated_count,
    unchanged: raw.unchanged_count,
    errors: raw.failed_in_reading + raw.failed_in_loading,
    warnings: raw.warning_count,
    entities: raw.entities,
    refusal: raw.refusal_code === null ? null : { code: raw.refusal_code, message: raw.refusal_message ?? '' },
    startedBy: raw.started_by,
    createdAt: raw.created_at.toISOString(),
    finishedAt: raw.finished_at?.toISOString() ?? null,
    canApply: raw.status === 'planned',
    canCancel: unfinished || raw.status === 'planned',
    canResume: unfinished && !raw.at_work,
    canUndo: LOADED.has(raw.status) && raw.has_changes,
  };
  return {
    run: raw.run_id,
    kind: raw.kind,
    fileName: raw.file_name,
    filePath: raw.file_path,
    fileHash: raw.file_hash,
    ownsFile: raw.owns_file,
    dryRun: raw.dry_run,
    stopOnError: raw.stop_on_error,
    status: raw.status,
    staged: raw.staged,
    cursorLine: raw.cursor_line,
    cancelRequested: raw.cancel_requested,
    failedInReading: raw.failed_in_reading,
    entities: raw.entities,
    view,
  };
}

const CREATE = sql`
  insert into imports.runs (run_id, kind, file_name, file_path, dry_run, stop_on_error, started_by, owns_file)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`;
const READ = sql`select * from imports.run_facts where run_id = $1`;
const LIST = sql`select * from imports.run_facts order by created_at desc limit $1`;
const COUNT_ERRORS = sql`select count(*)::integer as total from imports.errors where run_id = $1`;
const ERRORS = sql`
  select line as row, column_name as column, code, severity, value, message
  from imports.errors where run_id = $1 order by line, error_no limit $2 offset $3`;
const RECORD = sql`
  insert into imports.errors (run_id, phase, line, column_name, code, severity, value, message)
  select $1, $2, g.* from unnest($4::integer[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) as g
  where (select count(*) from imports.errors where run_id = $1) < $3::integer`;
const WARN = sql`update imports.runs set warning_count = warning_count + $2 where run_id = $1`;
const REFUSE = sql`
  update imports.runs set status = 'refused', refusal_code = $2, refusal_message = $3, finished_at = now()
  where run_id = $1`;
