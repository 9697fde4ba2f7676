import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';
import { passTickets, rehearse } from './load-tickets.ts';
import { dropUnpublished, publish } from './publish-screenings.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { Binding, Problem } from './row-reader.ts';
import { readRunRow, recordProblems } from './runs.ts';
import { REFUSALS } from './screenings.ts';
import type { Sheet } from './sheet.ts';

export type TicketsEnd = 'done' | 'cancelled' | 'planned' | Refusal;

/** A tickets file from wherever it stands to its end. */
export async function workOnTickets(
  db: Database,
  runId: string,
  sheet: Sheet,
  binding: Binding,
  report: () => Promise<void>,
): Promise<TicketsEnd> {
  const run = (await readRunRow(db, runId))!;
  if ((run.dryRun || run.stopOnError) && run.status !== 'applying') {
    await db.rows(START_OVER, [runId, 'planning']);
    if (!(await plan(db, runId, sheet, binding, report))) return 'cancelled';
    if (run.dryRun) return 'planned';
    const planned = (await readRunRow(db, runId))!.view;
    if (planned.errors > 0) return refuse('rows_failed', `${planned.errors} rows failed, so nothing was loaded`);
  }
  if (run.status !== 'applying') await db.rows(START_OVER, [runId, 'applying']);
  const current = (await readRunRow(db, runId))!;
  const started = performance.now();
  const onProgress = async () => {
    await db.rows(SPEED, [runId, current.view.rowsDone, (performance.now() - started) / 1000]);
    await report();
  };
  try {
    const pass = await passTickets(db, current, sheet, binding, { dry: false, onProgress });
    const through = !pass.cancelled && (await publish(db, current, pass.groups, report));
    if (through) return 'done';
  } catch (error) {
    // A fault keeps what is written for the resume; a file that turns out unreadable leaves nothing behind.
    if (error instanceof Error && 'refusal' in error) await dropUnpublished(db, runId);
    throw error;
  }
  await dropUnpublished(db, runId);
  return 'cancelled';
}

async function plan(
  db: Database,
  runId: string,
  sheet: Sheet,
  binding: Binding,
  onProgress: () => Promise<void>,
): Promise<boolean> {
  const run = (await readRunRow(db, runId))!;
  const pass = await passTickets(db, run, sheet, binding, { dry: true, onProgress });
  if (pass.cancelled) return false;
  const fresh = [...pass.groups.values()].filter((group) => !group.exists && group.rowsGood > 0);
  const problems: Problem[] = [];
  let rowsLost = 0;
  for (const row of await rehearse(db, fresh)) {
    if (row.outcome === 'created') continue;
    const group = fresh.find((each) => each.line === row.line)!;
    rowsLost += group.rowsGood;
    const code = row.code ?? 'screening_exists_now';
    problems.push({
      line: row.line,
      column: null,
      code,
      severity: 'error',
      value: row.value,
      message: REFUSALS[code] ?? code,
    });
  }
  await recordProblems(db, runId, 'loading', problems);
  await db.rows(PLANNED, [runId, rowsLost, fresh.length - problems.length]);
  return true;
}

const START_OVER = sql`
  with forgotten as (delete from imports.errors where run_id = $1)
  update imports.runs
  set status = $2, cursor_line = 0, rows_done = 0, row_count = 0, created_count = 0, updated_count = 0,
      unchanged_count = 0, failed_in_loading = 0, entities = '{}'
  where run_id = $1`;
const SPEED = sql`
  update imports.runs set rows_per_second = (rows_done - $2::integer) / greatest($3::double precision, 0.001)
  where run_id = $1`;
const PLANNED = sql`
  update imports.runs
  set created_count = created_count - $2::integer, failed_in_loading = failed_in_loading + $2::integer,
      entities = jsonb_build_object(
        'screenings', jsonb_build_object('created', $3::integer, 'updated', 0, 'unchanged', 0),
        'tickets', jsonb_build_object('created', created_count - $2::integer, 'updated', updated_count,
                                      'unchanged', unchanged_count))
  where run_id = $1`;
