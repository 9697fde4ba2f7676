export { createRun, ERRORS_PER_PAGE, listErrors, listRuns, readRun } from './runs.ts';
export type { NewRun } from './runs.ts';
export { workOnRun } from './work.ts';
export type { Progress } from './work.ts';
