import type { ImportRun } from '#contracts/imports';
import type { Database, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { Kind, Loaded, StagedRow } from './kind.ts';
import type { Problem } from './row-reader.ts';
import { recordProblems, type RunRow } from './runs.ts';

export type Totals = Pick<ImportRun, 'created' | 'updated' | 'unchanged' | 'entities'> & {
  done: number;
  failed: number;
};

const nothing = (): Totals => ({ done: 0, failed: 0, created: 0, updated: 0, unchanged: 0, entities: {} });

const isError = (problem: Loaded['problems'][number]) => problem.severity === 'error';

export function addUp(totals: Totals, rows: number, loaded: Loaded): void {
  totals.done += rows;
  totals.failed += new Set(loaded.problems.filter(isError).map((problem) => problem.line)).size;
  for (const { outcome } of loaded.outcomes) totals[outcome] += 1;
  for (const { entity, outcome, count } of loaded.entities) {
    const counts = (totals.entities[entity] ??= { created: 0, updated: 0, unchanged: 0 });
    counts[outcome] += count;
  }
}

/**
 * The dry run: every chunk is decided inside one transaction that is rolled back, so that later rows see what earlier
 * rows would have done. Writes its totals and errors to the run. False when cancelled.
 */
export async function planChunks(db: Database, run: RunRow, kind: Kind, onProgress: () => Promise<void>) {
  await db.rows(FORGET_LOADING, [run.run]);
  const totals = nothing();
  const client = await db.connect();
  let cancelled = false;
  try {
    await client.query('begin');
    const tx = transactionOn(client);
    let cursor = 0;
    while (!cancelled) {
      const rows = await tx.rows<StagedRow>(NEXT, [run.run, cursor, kind.rowsPerChunk]);
      if (rows.length === 0) break;
      const loaded = await kind.load(tx, rows, true);
      addUp(totals, rows.length, loaded);
      await recordProblems(db, run.run, 'loading', inFileWords(run, loaded.problems));
      cursor = rows.at(-1)!.line;
      const answer = await db.row<{ cancelled: boolean }>(PLANNED, planned(run, totals));
      cancelled = answer!.cancelled;
      await onProgress();
    }
  } finally {
    await client.query('rollback').catch(() => {});
    client.release();
  }
  await db.rows(PLANNED, planned(run, totals));
  return !cancelled;
}

/** Whoever mends the file looks for its own columns: fields become them. Time may stand in a column with the day. */
function inFileWords(run: RunRow, problems: Problem[]): Problem[] {
  const columns = run.view.understood?.columns ?? [];
  const named = (field: string) => columns.find((each) => each.field === field)?.column;
  return problems.map((problem) => {
    const field = problem.column;
    if (field === null) return problem;
    return { ...problem, column: named(field) ?? (field === 'time' ? named('startsAt') : undefined) ?? field };
  });
}

const planned = (run: RunRow, totals: Totals) => [
  run.run,
  totals.done + run.failedInReading,
  totals.created,
  totals.updated,
  totals.unchanged,
  totals.failed,
  JSON.stringify(totals.entities),
];

function transactionOn(client: Awaited<ReturnType<Database['connect']>>): Transaction {
  const rows: Transaction['rows'] = async <R>(text: string, values: readonly unknown[] = []) =>
    (await client.query(text, values as unknown[])).rows as R[];
  return { client, rows, row: async (text, values) => ((await rows(text, values))[0] ?? null) as never };
}

/**
 * Loads chunk by chunk; each is one transaction that also moves the run's cursor, under the run's row lock. Killed at
 * any line, the next worker waits for that lock and goes on where the last commit ended.
 */
export async function applyChunks(
  db: Database,
  run: RunRow,
  kind: Kind,
  onProgress: (rowsSoFar: number) => Promise<void>,
): Promise<boolean> {
  let sofar = 0;
  for (;;) {
    const step = await db.transaction((tx) => applyChunk(tx, run, kind));
    if (step === 'cancelled') return false;
    if (step === 0) return true;
    sofar += step;
    await onProgress(sofar);
  }
}

async function applyChunk(tx: Transaction, run: RunRow, kind: Kind): Promise<number | 'cancelled'> {
  const state = (await tx.row<{ cursor: number; cancelled: boolean; entities: ImportRun['entities'] }>(LOCK, [
    run.run,
  ]))!;
  if (state.cancelled) return 'cancelled';
  const rows = await tx.rows<StagedRow>(NEXT, [run.run, state.cursor, kind.rowsPerChunk]);
  if (rows.length === 0) return 0;
  const loaded = await kind.load(tx, rows, false);
  const totals = { ...nothing(), entities: state.entities };
  addUp(totals, rows.length, loaded);
  if (loaded.problems.length > 0) await recordProblems(tx, run.run, 'loading', inFileWords(run, loaded.problems));
  await tx.rows(CHANGES, [
    run.run,
    loaded.changes.map((change) => change.entity),
    loaded.changes.map((change) => change.id),
    loaded.changes.map((change) => change.action),
    loaded.changes.map((change) => (change.before === null ? null : JSON.stringify(change.before))),
  ]);
  await tx.rows(MOVE, [
    run.run,
    rows.at(-1)!.line,
    totals.done,
    totals.created,
    totals.updated,
    totals.unchanged,
    totals.failed,
    JSON.stringify(totals.entities),
  ]);
  return rows.length;
}

const NEXT = sql`
  select line, record from imports.staged where run_id = $1 and line > $2 order by line limit $3`;
const FORGET_LOADING = sql`
  with forgotten as (delete from imports.errors where run_id = $1 and phase = 'loading' returning severity)
  update imports.runs
  set warning_count = warning_count - (select count(*) from forgotten where severity = 'warning')
  where run_id = $1`;
const PLANNED = sql`
  update imports.runs
  set rows_done = $2, created_count = $3, updated_count = $4, unchanged_count = $5, failed_in_loading = $6,
      entities = $7
  where run_id = $1 returning cancel_requested as cancelled`;
const LOCK = sql`
  select cursor_line as cursor, cancel_requested as cancelled, entities from imports.runs where run_id = $1 for update`;
const CHANGES = sql`
  insert into imports.changes (run_id, entity, entity_id, action, before)
  select $1, g.* from unnest($2::text[], $3::integer[], $4::text[], $5::jsonb[]) as g`;
const MOVE = sql`
  update imports.runs
  set cursor_line = $2, rows_done = rows_done + $3, created_count = created_count + $4,
      updated_count = updated_count + $5, unchanged_count = unchanged_count + $6,
      failed_in_loading = failed_in_loading + $7, entities = $8
  where run_id = $1`;
