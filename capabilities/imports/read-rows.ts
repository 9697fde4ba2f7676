import { createHash } from 'node:crypto';
import type { ImportRun } from '#contracts/imports';
import type { Kind, Layout, StagedRow } from './kind.ts';
import { OTHER_ROWS_MAX } from './limits.ts';
import { refuse, RefusedWhileReading, type Refusal } from './refusal.ts';
import { type Binding, bind, createRowReader, type Problem } from './row-reader.ts';
import type { Sheet } from './sheet.ts';

export type Understood = NonNullable<ImportRun['understood']>;

/** The layout a sheet is written in, or why it is none of this kind. */
export function chooseLayout(
  sheet: Sheet,
  kind: Pick<Kind, 'layouts'>,
): { layout: Layout; binding: Binding } | Refusal {
  const candidates = kind.layouts.map((layout) => ({ layout, binding: bind(sheet.columns, layout.synonyms) }));
  const fitting = candidates.find(({ layout, binding }) =>
    layout.recognisedBy.every((field) => binding.indexOf.has(field)),
  );
  if (!fitting || fitting.binding.indexOf.size === 0) {
    return refuse(
      'columns_unknown',
      `none of the columns is known: ${sheet.columns.slice(0, 8).join(', ').slice(0, 200)}`,
    );
  }
  const missing = fitting.layout.needs.filter((field) => !fitting.binding.indexOf.has(field));
  if (missing.length > 0) {
    const named = missing.map((field) => `${field} (${(fitting.layout.synonyms[field] ?? []).slice(0, 2).join(', ')})`);
    return refuse('column_missing', `missing: ${named.join('; ')}`);
  }
  return fitting;
}

const SAMPLE_ROWS = 5;

/** What we understood of a sheet, to be shown before anything is loaded. */
export async function describe(sheet: Sheet, layout: Layout, binding: Binding): Promise<Understood> {
  const sample: string[][] = [];
  for await (const batch of sheet.batches()) {
    for (const row of batch.rows) {
      if (Array.isArray(row))
        sample.push(row.slice(0, sheet.columns.length).map((cell) => cell.slice(0, 80).toWellFormed()));
      if (sample.length >= SAMPLE_ROWS) break;
    }
    break;
  }
  const fieldAt = new Map([...binding.indexOf].map(([field, index]) => [index, field]));
  return {
    format: sheet.format,
    encoding: sheet.encoding,
    separator: sheet.separator,
    layout: layout.name,
    columns: sheet.columns.map((column, index) => ({
      column: column.slice(0, 120).toWellFormed().replaceAll('\0', ''),
      field: fieldAt.get(index) ?? null,
    })),
    sample: sample.map((row) => row.map((cell) => cell.replaceAll('\0', ''))),
  };
}

export type ReadBatch = { rows: number; failed: number; good: StagedRow[]; problems: Problem[] };

/**
 * Turns the rows of a sheet into records, batch by batch. A thing told twice in the same words is taken once; in other
 * words, the later row is an error that names the first (or, where the layout merges, a warning).
 */
export async function* readRows(sheet: Sheet, layout: Layout): AsyncGenerator<ReadBatch> {
  const seen = new Map<string, { line: number; digest: string }>();
  let binding = bind(sheet.columns, layout.synonyms);
  let row = createRowReader(binding);
  let known = sheet.columns.length;
  let total = 0;
  for await (const batch of sheet.batches()) {
    if (sheet.columns.length !== known) {
      known = sheet.columns.length;
      binding = bind(sheet.columns, layout.synonyms);
      row = createRowReader(binding);
    }
    const read: ReadBatch = { rows: 0, failed: 0, good: [], problems: [] };
    batch.rows.forEach((cells, index) => {
      if (Array.isArray(cells) && cells.every((cell) => cell === '')) return;
      const line = batch.firstLine + index;
      read.rows += 1;
      if (!Array.isArray(cells)) {
        read.failed += 1;
        read.problems.push(wholeRow(line, cells));
        return;
      }
      row.start(line, cells);
      if (cells.length > known && cells.slice(known).some((cell) => cell.trim() !== '')) {
        row.report(null, 'too_many_cells', `more than the ${known} cells of the header`);
      }
      const parts = layout.read(row);
      const record = row.failed() ? null : takeNew(parts, line, seen, layout, row);
      read.problems.push(...row.problems());
      if (record && !row.failed()) read.good.push({ line, record });
      else read.failed += 1;
    });
    total += read.rows;
    if (total > OTHER_ROWS_MAX)
      throw new RefusedWhileReading(refuse('rows_too_many', `more than ${OTHER_ROWS_MAX} rows`));
    yield read;
  }
}

const wholeRow = (line: number, code: string): Problem => ({
  line,
  column: null,
  code,
  severity: 'error',
  value: null,
  message: code === 'json_malformed' ? 'the line is not JSON' : 'must be an object with one member per column',
});

/** The parts of a row that no earlier row told. Reports a conflict to the reader. */
function takeNew(
  parts: ReturnType<Layout['read']>,
  line: number,
  seen: Map<string, { line: number; digest: string }>,
  layout: Layout,
  row: ReturnType<typeof createRowReader>,
): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  const fresh: [key: string, digest: string][] = [];
  for (const part of parts) {
    const key = `${part.entity} ${part.key}`;
    const digest = createHash('sha1').update(JSON.stringify(part.content)).digest('base64').slice(0, 16);
    const first = seen.get(key);
    if (!first) {
      record[part.entity] = part.content;
      fresh.push([key, digest]);
    } else if (layout.onRepeat === 'merge') {
      row.report(null, 'merged_with_row', `the same ${part.entity} as row ${first.line}`, 'warning');
    } else if (first.digest !== digest) {
      row.report(null, 'conflicts_with_row', `row ${first.line} says otherwise about ${part.entity} ${part.key}`);
    }
  }
  // A row that fails takes nothing: what it says first may be said well by a later one.
  if (!row.failed()) for (const [key, digest] of fresh) seen.set(key, { line, digest });
  return record;
}
