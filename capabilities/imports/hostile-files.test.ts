import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { IMPORT_KINDS } from '#contracts/imports';
import { testDatabase } from '#testing/database';
import { importFile, importText, needsShared, sharedData, sharedFile } from './testing.ts';

const db = await testDatabase();

const ENDS = new Set(['done', 'done_with_errors', 'refused']);
const tables = ['catalog.movies', 'catalog.theaters', 'screenings.screenings', 'holds.tickets', 'imports.staged'];

async function everyFile(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test(
  'every hostile file, as every kind, ends with a clear answer and leaves nothing half-written',
  needsShared,
  async () => {
    const files = [...(await everyFile(sharedFile('hostile'))), ...(await everyFile(sharedFile('xlsx')))];
    assert.ok(files.length > 170);
    for (const file of files) {
      for (const kind of IMPORT_KINDS) {
        const run = await importFile(db, kind, file);
        const where = `${kind} ${file.slice(sharedData!.length)}`;
        assert.ok(ENDS.has(run.status), `${where}: ${run.status}`);
        assert.ok(run.status !== 'refused' || run.refusal !== null, where);
        assert.equal(run.created, 0, where);
        assert.equal(
          run.created + run.updated + run.unchanged + run.errors,
          run.status === 'refused' ? 0 : run.rows,
          where,
        );
        if (/json_parsing.n_/.test(file)) assert.equal(run.status, 'refused', where);
      }
    }
    for (const table of tables) assert.deepEqual(await db.rows(`select 1 from ${table}`), [], table);
  },
);

test('an archive that unpacks to gigabytes, an old workbook and bytes of no format are refused by name', async () => {
  const codes: (string | undefined)[] = [];
  for (const bytes of [
    Buffer.from('d0cf11e0a1b11ae1', 'hex'),
    Buffer.from('%PDF-1.7'),
    Buffer.from('504b0304aabb', 'hex'),
    Buffer.from([1, 2, 0, 0, 0, 9, 8, 0, 0, 1]),
    Buffer.alloc(0),
    Buffer.from('\n  \n'),
    Buffer.from('a;b\n1;2\n'),
    Buffer.from('[{"codigo": "x"}'),
    Buffer.from(`codigo;titulo\n"${'x'.repeat(6_000_000)}`),
  ]) {
    codes.push((await importText(db, 'movies', bytes)).refusal?.code);
  }
  assert.deepEqual(codes, [
    'xls_old_format',
    'format_unknown',
    'xlsx_malformed',
    'format_unknown',
    'file_empty',
    'file_empty',
    'columns_unknown',
    'json_malformed',
    'record_too_long',
  ]);
  assert.deepEqual(await db.rows('select 1 from catalog.movies'), []);
});
