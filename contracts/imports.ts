import { Type, type Static } from 'typebox';

export const IMPORT_KINDS = ['theaters', 'movies', 'screenings', 'tickets'] as const;
export type ImportKind = (typeof IMPORT_KINDS)[number];

export const IMPORT_STATUSES = [
  'received', // The file is stored, nothing read yet.
  'planning', // Dry run in progress.
  'planned', // Dry run done: waiting for somebody to apply or cancel.
  'applying',
  'done', // Every row loaded.
  'done_with_errors', // Good rows loaded, bad rows listed.
  'refused', // The file could not be read at all; nothing loaded.
  'cancelled', // Stopped by a person; what was loaded stays until undone.
  'undone',
] as const;
export type ImportStatus = (typeof IMPORT_STATUSES)[number];

const Counts = Type.Object({
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
});

export const ImportRunSchema = Type.Object({
  run: Type.String({ format: 'uuid' }),
  kind: Type.Enum([...IMPORT_KINDS]),
  fileName: Type.String(),
  fileBytes: Type.Integer(),
  dryRun: Type.Boolean(),
  status: Type.Enum([...IMPORT_STATUSES]),
  /** What we understood: encoding, separator, format, column → field. Null until read. */
  understood: Type.Union([
    Type.Object({
      format: Type.Enum(['csv', 'xlsx', 'json', 'ndjson']),
      encoding: Type.String(),
      separator: Type.Union([Type.String(), Type.Null()]),
      layout: Type.String({ description: 'ancine_registry, ancine_releases, own …' }),
      columns: Type.Array(Type.Object({ column: Type.String(), field: Type.Union([Type.String(), Type.Null()]) })),
      sample: Type.Array(Type.Array(Type.String())),
    }),
    Type.Null(),
  ]),
  rows: Type.Integer(),
  rowsDone: Type.Integer(),
  rowsPerSecond: Type.Number(),
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  errors: Type.Integer(),
  warnings: Type.Integer(),
  entities: Type.Record(Type.String(), Counts),
  refusal: Type.Union([Type.Object({ code: Type.String(), message: Type.String() }), Type.Null()]),
  startedBy: Type.Union([Type.String(), Type.Null()]),
  createdAt: Type.String(),
  finishedAt: Type.Union([Type.String(), Type.Null()]),
  canApply: Type.Boolean(),
  canCancel: Type.Boolean(),
  canResume: Type.Boolean(),
  canUndo: Type.Boolean(),
});
export type ImportRun = Static<typeof ImportRunSchema>;

export const ImportErrorSchema = Type.Object({
  row: Type.Integer({ description: 'Line of the sheet, the header is 1' }),
  column: Type.Union([Type.String(), Type.Null()]),
  code: Type.String(),
  severity: Type.Enum(['error', 'warning']),
  value: Type.Union([Type.String(), Type.Null()]),
  message: Type.String(),
});
export type ImportError = Static<typeof ImportErrorSchema>;
// POST /api/admin/imports?kind=&fileName=&dryRun= (raw body) → ImportRun; GET /api/admin/imports → {runs: ImportRun[]}
// GET /api/admin/imports/:run → ImportRun; GET …/:run/errors?page= → {errors, total}; GET …/:run/errors.csv
// POST …/:run/apply | cancel | resume | undo → ImportRun; GET …/:run/live: SSE `event: run`
// GET /api/admin/import-templates/:kind.csv | .xlsx | .json
