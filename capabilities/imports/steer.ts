import type { Database, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { dropUnpublished } from './publish-screenings.ts';
import { readRunRow } from './runs.ts';
import { finish } from './work.ts';

export type UndoOutcome = 'run_unknown' | 'run_not_undoable' | 'tickets_sold' | 'changed_since' | 'in_use' | 'undone';

/** Takes back what a run did, all or nothing. */
export async function undoRun(tx: Transaction, runId: string): Promise<UndoOutcome> {
  await tx.rows(NO_TIMEOUT);
  const known = await tx.row(KNOWN, [runId]);
  if (!known) return 'run_unknown';
  return (await tx.row<{ outcome: UndoOutcome }>(UNDO, [runId]))!.outcome;
}

/** Asks the worker to stop; a run that nobody works on is ended here. What is loaded stays until undone. */
export async function cancelRun(
  db: Database,
  runId: string,
): Promise<'run_unknown' | 'run_over' | 'cancelled' | 'stopping'> {
  const asked = await db.row<{ run: string }>(CANCEL, [runId]);
  const run = await readRunRow(db, runId);
  if (!run) return 'run_unknown';
  if (!asked) return 'run_over';
  const guard = await db.connect();
  try {
    const { rows } = await guard.query<{ ours: boolean }>(TRY_LOCK, [runId]);
    if (!rows[0]!.ours) return 'stopping';
    // The worker may have ended the run between the request and the lock.
    const now = (await readRunRow(db, runId))!;
    if (!now.view.canCancel) return now.status === 'cancelled' ? 'cancelled' : 'run_over';
    if (run.kind === 'tickets') await dropUnpublished(db, runId);
    await finish(db, run, 'cancelled');
    return 'cancelled';
  } finally {
    await guard.query(UNLOCK, [runId]).catch(() => {});
    guard.release();
  }
}

/** Lets a planned run be worked on: from now on it loads. False when it is not waiting for that. */
export async function approveRun(tx: Transaction, runId: string): Promise<boolean> {
  return (await tx.rows(APPROVE, [runId])).length === 1;
}

/** Runs that should be worked on and are not: their process died, or nobody has begun. Oldest first. */
export async function findStaleRuns(db: Database): Promise<string[]> {
  return (await db.rows<{ run: string }>(STALE)).map((row) => row.run);
}

const NO_TIMEOUT = sql`set local statement_timeout = 0`;
const KNOWN = sql`select 1 as known from imports.runs where run_id = $1`;
const UNDO = sql`select imports.undo($1) as outcome`;
const CANCEL = sql`
  update imports.runs set cancel_requested = true
  where run_id = $1 and status in ('received', 'planning', 'planned', 'applying') returning run_id as run`;
const TRY_LOCK = sql`select pg_try_advisory_lock(hashtextextended($1::text, 11)) as ours`;
const UNLOCK = sql`select pg_advisory_unlock(hashtextextended($1::text, 11))`;
const APPROVE = sql`
  update imports.runs set dry_run = false, status = 'planning'
  where run_id = $1 and status = 'planned' and not cancel_requested returning run_id`;
const STALE = sql`
  select run_id as run from imports.run_facts
  where status in ('received', 'planning', 'applying') and not at_work and owns_file
    and created_at < now() - interval '5 seconds'
  order by created_at limit 10`;
