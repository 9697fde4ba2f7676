import type { Database } from '#platform/postgres';
import { findStaleRuns } from './steer.ts';
import { workOnRun } from './work.ts';

export { createRun, ERRORS_PER_PAGE, listErrors, listRuns, readRun } from './runs.ts';
export type { NewRun } from './runs.ts';
export { approveRun, cancelRun, undoRun } from './steer.ts';
export type { UndoOutcome } from './steer.ts';
export { workOnRun } from './work.ts';
export type { Progress } from './work.ts';
export { FILE_BYTES_MAX } from './limits.ts';

/** For the worker: takes up uploaded runs whose process died. Answers how many it finished. */
export async function resumeStaleRuns(db: Database): Promise<number> {
  let count = 0;
  for (const run of await findStaleRuns(db)) if ((await workOnRun(db, run)) === 'worked') count += 1;
  return count;
}
export { exportErrors } from './export-errors.ts';
export { safeCell, toCsv, toXlsx } from './export-cells.ts';
export { importTemplate, TEMPLATE_FORMATS } from './templates.ts';
