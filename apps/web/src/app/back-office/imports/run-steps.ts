import type { ImportError, ImportKind, ImportRun, ImportStatus } from '#contracts/imports';

export const KINDS: readonly ImportKind[] = ['theaters', 'movies', 'screenings', 'tickets'];
export const TEMPLATE_FORMATS = ['csv', 'xlsx', 'json'] as const;

/** Which of the four steps a run is at: 0 file, 1 what we understood, 2 plan, 3 progress and result. */
const STEP_OF: Record<ImportStatus, 0 | 1 | 2 | 3> = {
  received: 1,
  planning: 1,
  planned: 2,
  applying: 3,
  done: 3,
  done_with_errors: 3,
  refused: 0,
  cancelled: 3,
  undone: 3,
};

/** A planned run shows first what was understood; `wished` is what the address says. */
export function stepOf(run: ImportRun, wished: string | undefined): 0 | 1 | 2 | 3 {
  if (run.status === 'planned' && wished !== 'plano') return 1;
  // An approved plan is read once more before it is written: for the person that is the last step already.
  if (isMoving(run.status) && !run.dryRun) return 3;
  if (run.status === 'cancelled' && run.rowsDone === 0 && run.dryRun) return 2;
  return STEP_OF[run.status];
}

export function isMoving(status: ImportStatus): boolean {
  return status === 'received' || status === 'planning' || status === 'applying';
}

/** Seconds until the end at the present speed; null while that is not known. */
export function secondsToGo(run: Pick<ImportRun, 'rows' | 'rowsDone' | 'rowsPerSecond'>): number | null {
  if (run.rowsPerSecond <= 0 || run.rows <= run.rowsDone) return null;
  return Math.ceil((run.rows - run.rowsDone) / run.rowsPerSecond);
}

export type ErrorFilter = { text: string; code: string; severity: '' | 'error' | 'warning' };

/** By code and severity; `text` is a row number, or part of a column or a value. */
export function filterErrors(errors: readonly ImportError[], filter: ErrorFilter): ImportError[] {
  const text = filter.text.trim().toLowerCase();
  const row = /^\d+$/.test(text) ? Number(text) : null;
  return errors.filter(
    (error) =>
      (filter.code === '' || error.code === filter.code) &&
      (filter.severity === '' || error.severity === filter.severity) &&
      (text === '' ||
        error.row === row ||
        (error.column ?? '').toLowerCase().includes(text) ||
        (error.value ?? '').toLowerCase().includes(text)),
  );
}

/** The codes that occur, the commonest first. */
export function codesOf(errors: readonly ImportError[]): { code: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const error of errors) counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
  return [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
}

/** 1536 → '1,5 kB' by the language. */
export function bytesText(bytes: number, locale: string): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = bytes < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(bytes / 1000 ** power)} ${units[power]}`;
}

const FILE_BYTES_MAX = 512 * 1024 * 1024; // The server's limit; said before half an hour of sending.

/** Why a file needs not be sent at all; the server would say the same. */
export function refusedAtOnce(file: { size: number }): 'file_empty' | 'file_too_large' | null {
  if (file.size === 0) return 'file_empty';
  return file.size > FILE_BYTES_MAX ? 'file_too_large' : null;
}

/** What the server adds to a code: the choices of a field, or the screening that a row runs into. */
export function detailOf(error: Pick<ImportError, 'code' | 'message'>): string | null {
  if (error.code === 'not_a_choice') return /^must be one of (.+)$/.exec(error.message)?.[1] ?? null;
  if (error.code === 'overlaps_screening') return /: (.+)$/.exec(error.message)?.[1] ?? null;
  return null;
}

/** What a run does to each kind of thing: the plan, the question before it and the result say the same numbers. */
export function countsOf({ entities, kind, created, updated, unchanged }: ImportRun) {
  const named = Object.entries(entities).map(([entity, counts]) => ({ entity, counts }));
  return named.length > 0 ? named : [{ entity: kind as string, counts: { created, updated, unchanged } }];
}
