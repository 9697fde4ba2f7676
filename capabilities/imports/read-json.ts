import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { FileFacts } from './inspect-file.ts';
import { COLUMNS_MAX, JSON_BYTES_MAX, RECORD_CHARS_MAX } from './limits.ts';
import { refuse, RefusedWhileReading, type Refusal } from './refusal.ts';
import type { RowBatch, Sheet } from './sheet.ts';

const ROWS_PER_BATCH = 2_000;

/** An array of objects, {"rows": […]}, or one object per line (NDJSON). */
export async function openJson(file: FileFacts): Promise<Sheet | Refusal> {
  if (file.bytes <= JSON_BYTES_MAX) {
    const whole = parseWhole(new TextDecoder(file.encoding).decode(await readFile(file.path)));
    if (whole.ok) {
      const rows = rowsOf(whole.value);
      return rows ? jsonSheet(file, 'json', (members) => inBatches(rows, members)) : ndjson(file);
    }
    if (!looksLikeLines(file.sample)) return refuse('json_malformed', whole.message);
  }
  if (!looksLikeLines(file.sample)) return refuse('json_malformed', 'the first line is not a JSON object');
  return ndjson(file);
}

/** The parsed document when it is small enough to be one: seat maps are read this way. */
export async function readDocument(file: FileFacts): Promise<unknown> {
  if (file.bytes > JSON_BYTES_MAX) return undefined;
  const whole = parseWhole(new TextDecoder(file.encoding).decode(await readFile(file.path)));
  return whole.ok ? whole.value : undefined;
}

function parseWhole(text: string): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return { ok: false, message: (error as Error).message.slice(0, 200) };
  }
}

function rowsOf(value: unknown): unknown[] | null {
  if (Array.isArray(value)) return value;
  const rows = (value as { rows?: unknown } | null)?.rows;
  return Array.isArray(rows) ? rows : null;
}

function looksLikeLines(sample: string): boolean {
  const line = sample.trimStart().split('\n', 1)[0]!;
  const first = parseWhole(line);
  return first.ok && isRecord(first.value);
}

async function jsonSheet(
  file: FileFacts,
  format: 'json' | 'ndjson',
  read: (members: Members) => AsyncGenerator<RowBatch>,
): Promise<Sheet | Refusal> {
  const columns: string[] = [];
  const places = new Map<string, number>();
  const members: Members = (row) => toCells(row, columns, places);
  const sheet: Sheet = { format, encoding: file.encoding, separator: null, columns, batches: () => read(members) };
  // The first batch names the columns; later rows may add some.
  try {
    for await (const batch of sheet.batches()) if (batch.rows.length > 0) break;
  } catch (error) {
    if (error instanceof RefusedWhileReading) return error.refusal;
    throw error;
  }
  return sheet;
}

type Members = (row: unknown) => string[] | string;

async function* inBatches(rows: unknown[], members: Members): AsyncGenerator<RowBatch> {
  for (let at = 0; at < rows.length; at += ROWS_PER_BATCH) {
    yield { firstLine: at + 2, rows: rows.slice(at, at + ROWS_PER_BATCH).map(members) };
  }
}

function ndjson(file: FileFacts): Promise<Sheet | Refusal> {
  return jsonSheet(file, 'ndjson', (members) => readLines(file, members));
}

async function* readLines(file: FileFacts, members: Members): AsyncGenerator<RowBatch> {
  const decoder = new TextDecoder(file.encoding);
  let rest = '';
  let line = 2;
  const cellsOf = (text: string): string[] | string => {
    if (text.trim() === '') return [];
    const parsed = parseWhole(text);
    return parsed.ok ? members(parsed.value) : 'json_malformed';
  };
  for await (const chunk of createReadStream(file.path, { highWaterMark: 512 * 1024 }) as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop()!;
    if (rest.length > RECORD_CHARS_MAX) throw new RefusedWhileReading(refuse('record_too_long', `line ${line}`));
    if (lines.length === 0) continue;
    yield { firstLine: line, rows: lines.map(cellsOf) };
    line += lines.length;
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield { firstLine: line, rows: [cellsOf(rest)] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toCells(row: unknown, columns: string[], places: Map<string, number>): string[] | string {
  if (!isRecord(row)) return 'row_not_an_object';
  const cells: string[] = [];
  for (const [name, value] of Object.entries(row)) {
    let place = places.get(name);
    if (place === undefined) {
      if (columns.length >= COLUMNS_MAX) {
        throw new RefusedWhileReading(refuse('columns_too_many', `more than ${COLUMNS_MAX} different members`));
      }
      place = columns.push(name) - 1;
      places.set(name, place);
    }
    cells[place] = asText(value);
  }
  return Array.from(cells, (cell) => cell ?? '');
}

/** Lists become `a|b|c`, as a cell of a sheet would hold them. */
function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(asText).join('|');
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value as string | number | boolean);
}
