import { readFile } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { streamXlsxRows } from 'hucre/xlsx';
import type { FileFacts } from './inspect-file.ts';
import {
  COLUMNS_MAX,
  XLSX_ENTRIES_MAX,
  XLSX_PACKING_RATIO_MAX,
  XLSX_SMALL_ENTRY_BYTES,
  XLSX_UNPACKED_BYTES_MAX,
} from './limits.ts';
import { refuse, RefusedWhileReading, type Refusal } from './refusal.ts';
import type { RowBatch, Sheet } from './sheet.ts';

// The spreadsheet library is young, so it stays behind this file: its only use is `cellsOf(bytes)` below.

const ROWS_PER_BATCH = 1_000;

export async function openXlsx(file: FileFacts): Promise<Sheet | Refusal> {
  const bytes = await readFile(file.path);
  const refusal = checkArchive(bytes);
  if (refusal) return refusal;
  try {
    for await (const { cells } of cellsOf(bytes)) {
      const columns = cells.map((name) => name.trim());
      while (columns.at(-1) === '') columns.pop();
      if (columns.length > COLUMNS_MAX) return refuse('columns_too_many', `more than ${COLUMNS_MAX} columns`);
      if (columns.length === 0) break;
      return { format: 'xlsx', encoding: 'utf-8', separator: null, columns, batches: () => readBatches(bytes) };
    }
  } catch (error) {
    return refuse('xlsx_malformed', (error as Error).message.slice(0, 200));
  }
  return refuse('header_missing', 'the first row names no columns');
}

async function* readBatches(bytes: Buffer): AsyncGenerator<RowBatch> {
  let rows: string[][] = [];
  let next = 2;
  try {
    for await (const { index, cells } of cellsOf(bytes)) {
      if (index === 0) continue;
      // Blank rows are left out of the file; the numbers people see in the margin must still be right.
      while (next + rows.length < index + 1) rows.push([]);
      rows.push(cells);
      if (rows.length >= ROWS_PER_BATCH) {
        yield { firstLine: next, rows };
        next += rows.length;
        rows = [];
      }
    }
  } catch (error) {
    if (error instanceof RefusedWhileReading) throw error;
    throw new RefusedWhileReading(refuse('xlsx_malformed', (error as Error).message.slice(0, 200)));
  }
  if (rows.length > 0) yield { firstLine: next, rows };
}

async function* cellsOf(bytes: Buffer): AsyncGenerator<{ index: number; cells: string[] }> {
  for await (const row of streamXlsxRows(bytes, { sheet: 0 })) {
    yield { index: row.index, cells: Array.from(row.values.slice(0, COLUMNS_MAX + 1), asText) };
  }
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return dateText(value);
  if (typeof value === 'boolean') return value ? 'sim' : 'não';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(12)));
  return typeof value === 'string' ? value : '';
}

/** A cell's date, time of day (Excel keeps it as a day of 1899), or both, in ISO form. */
function dateText(value: Date): string {
  if (Number.isNaN(value.getTime())) return '';
  const iso = new Date(Math.round(value.getTime() / 60_000) * 60_000).toISOString();
  if (value.getUTCFullYear() < 1901) return iso.slice(11, 16);
  return iso.slice(11, 16) === '00:00' ? iso.slice(0, 10) : iso.slice(0, 16);
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
// Anywhere in the text (a comment before it may be long), in the encodings XML may have. Without its last zero, what
// UTF-16 writes little end first is found in big end first as well.
const DTD_MARKS = ['<!DOCTYPE', '<!ENTITY'].flatMap((mark) => [
  Buffer.from(mark, 'latin1'),
  Buffer.from(mark, 'utf16le').subarray(0, -1),
]);

/** Walks the archive's directory and unpacks every entry once into nothing, under limits, before anybody trusts it. */
function checkArchive(bytes: Buffer): Refusal | null {
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'));
  if (end < 0 || end + 22 > bytes.length || bytes.readUInt32LE(end) !== END_OF_DIRECTORY) {
    return refuse('xlsx_malformed', 'the archive has no directory');
  }
  const count = bytes.readUInt16LE(end + 10);
  if (count > XLSX_ENTRIES_MAX) return refuse('xlsx_too_many_entries', `more than ${XLSX_ENTRIES_MAX} entries`);
  let at = bytes.readUInt32LE(end + 16);
  let unpacked = 0;
  let worksheets = 0;
  for (let entry = 0; entry < count; entry += 1) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== DIRECTORY_ENTRY) {
      return refuse('xlsx_malformed', 'the directory of the archive is damaged');
    }
    const packed = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameLength);
    const content = unpack(bytes, bytes.readUInt32LE(at + 42), bytes.readUInt16LE(at + 10), packed, unpacked);
    if (!Buffer.isBuffer(content)) return content;
    unpacked += content.length;
    if (content.length > XLSX_SMALL_ENTRY_BYTES && content.length > packed * XLSX_PACKING_RATIO_MAX) {
      return refuse('xlsx_packed_too_densely', `${name} unpacks more than ${XLSX_PACKING_RATIO_MAX} times`);
    }
    if (/\.(xml|rels)$/i.test(name) && DTD_MARKS.some((mark) => content.includes(mark))) {
      return refuse('xlsx_dtd', `${name} carries a document type definition`);
    }
    if (/^xl\/worksheets\/[^/]+\.xml$/.test(name)) worksheets += 1;
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return worksheets === 0 ? refuse('xlsx_malformed', 'an archive without worksheets') : null;
}

function unpack(bytes: Buffer, at: number, method: number, packed: number, before: number): Buffer | Refusal {
  if (at + 30 > bytes.length) return refuse('xlsx_malformed', 'an entry lies outside the file');
  const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if (start + packed > bytes.length) return refuse('xlsx_malformed', 'an entry lies outside the file');
  const body = bytes.subarray(start, start + packed);
  const room = XLSX_UNPACKED_BYTES_MAX - before;
  if (method !== 0 && method !== 8) return refuse('xlsx_malformed', 'an entry packed in an unknown way');
  try {
    const content = method === 0 ? body : inflateRawSync(body, { maxOutputLength: Math.max(1, room) });
    return content.length > room ? tooBig() : content;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? tooBig()
      : refuse('xlsx_malformed', 'an entry that cannot be unpacked');
  }
}

const tooBig = () => refuse('xlsx_unpacks_too_large', `more than ${XLSX_UNPACKED_BYTES_MAX} bytes unpacked`);
