import type { FileFacts } from './inspect-file.ts';
import { openCsv } from './read-csv.ts';
import { openJson } from './read-json.ts';
import { openXlsx } from './read-xlsx.ts';
import type { Refusal } from './refusal.ts';

/** Rows in the order of the file. A string instead of cells is the code of what is wrong with the whole row. */
export type RowBatch = { firstLine: number; rows: (string[] | string)[] };

/** A file as a table of text, whatever it was. `columns` may grow while JSON rows bring new members. */
export type Sheet = {
  format: 'csv' | 'xlsx' | 'json' | 'ndjson';
  encoding: string;
  separator: string | null;
  columns: string[];
  /** Starts from the first row each time; at most one batch is in memory. */
  batches(): AsyncGenerator<RowBatch>;
  /** How much of the file the running `batches` has read; where it is not known, undefined. */
  bytesRead?: () => number;
};

export async function openSheet(file: FileFacts): Promise<Sheet | Refusal> {
  if (file.format === 'csv') return openCsv(file);
  return file.format === 'xlsx' ? openXlsx(file) : openJson(file);
}
