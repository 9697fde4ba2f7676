import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Papa from 'papaparse';

/** A file of this folder: `;` between columns, the first line names them. */
export async function readTable(name: string): Promise<Record<string, string>[]> {
  const text = await readFile(join(import.meta.dirname, name), 'utf8');
  return Papa.parse<Record<string, string>>(text, { delimiter: ';', header: true, skipEmptyLines: true }).data;
}

/** '12,50' → 1250. */
export const centsOf = (text: string): number => Math.round(Number(text.replace(',', '.')) * 100);

/** 'a, b' or 'a|b' → ['a', 'b']. */
export const listOf = (text: string | undefined, separator: string): string[] =>
  (text ?? '')
    .split(separator)
    .map((item) => item.trim())
    .filter(Boolean);
