import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';
import { copyRows, copyText } from './copy-rows.ts';
import type { Layout } from './kind.ts';
import { readRows } from './read-rows.ts';
import type { RunRow } from './runs.ts';
import { recordProblems } from './runs.ts';
import type { Sheet } from './sheet.ts';

const PROGRESS_EVERY_MS = 500;

/**
 * Reads the whole file and copies every good row, as a record, into imports.staged. All or nothing: a run killed here
 * starts again at the first row. False when it was cancelled.
 */
export async function stageRows(
  db: Database,
  run: RunRow,
  sheet: Sheet,
  layout: Layout,
  onProgress: () => Promise<void>,
): Promise<boolean> {
  await db.rows(FORGET_ERRORS, [run.run]);
  const counts = { rows: 0, failed: 0, warnings: 0 };
  let cancelled = false;
  let told = performance.now();
  const client = await db.connect();

  async function* records(): AsyncGenerator<string> {
    for await (const batch of readRows(sheet, layout)) {
      counts.rows += batch.rows;
      counts.failed += batch.failed;
      counts.warnings += batch.problems.filter((problem) => problem.severity === 'warning').length;
      if (batch.problems.length > 0) await recordProblems(db, run.run, 'reading', batch.problems);
      if (performance.now() - told > PROGRESS_EVERY_MS) {
        told = performance.now();
        const answer = await db.row<{ cancelled: boolean }>(PROGRESS, [run.run, counts.rows]);
        await onProgress();
        cancelled = answer!.cancelled;
        if (cancelled) return;
      }
      if (batch.good.length > 0) {
        yield batch.good
          .map(({ line, record }) => `${run.run}\t${line}\t${copyText(JSON.stringify(record))}\n`)
          .join('');
      }
    }
  }

  try {
    await client.query('begin');
    await client.query('set local statement_timeout = 0');
    await client.query(FORGET_STAGED, [run.run]);
    await copyRows(client, COPY, records());
    if (!cancelled) await client.query(STAGED, [run.run, counts.rows, counts.failed, counts.warnings]);
    await client.query(cancelled ? 'rollback' : 'commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
  return !cancelled;
}

const FORGET_ERRORS = sql`delete from imports.errors where run_id = $1 and phase = 'reading'`;
const FORGET_STAGED = sql`delete from imports.staged where run_id = $1`;
const COPY = sql`copy imports.staged (run_id, line, record) from stdin`;
const PROGRESS = sql`
  update imports.runs set row_count = $2 where run_id = $1 returning cancel_requested as cancelled`;
const STAGED = sql`
  update imports.runs
  set staged = true, row_count = $2, failed_in_reading = $3, warning_count = $4
  where run_id = $1`;
