import { writeXlsx } from 'hucre/xlsx';

// What a spreadsheet takes for the beginning of a formula, also behind blanks; tab and return move into other cells.
const FORMULA_START = /^[\s\u00a0]*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/;

/** A cell that no spreadsheet computes: the apostrophe says "this is text". */
export function safeCell(text: string): string {
  return FORMULA_START.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

export type Cells = readonly (readonly (string | number | null)[])[];

/** As Excel in Brazil opens it with a double click: UTF-8 with its mark, semicolons, CRLF. */
export function toCsv(rows: Cells, withMark = true): string {
  const lines = rows.map((row) => row.map(csvCell).join(';'));
  return `${withMark ? '\ufeff' : ''}${lines.map((line) => `${line}\r\n`).join('')}`;
}

function csvCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = safeCell(value);
  return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export async function toXlsx(sheetName: string, rows: Cells): Promise<Buffer> {
  const safe = rows.map((row) => row.map((value) => (typeof value === 'string' ? safeCell(value) : value)));
  return Buffer.from(await writeXlsx({ sheets: [{ name: sheetName, rows: safe }] }));
}
