import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { IMPORT_KINDS } from '#contracts/imports';
import { testDatabase } from '#testing/database';
import { listErrors } from './index.ts';
import { FIELD_CHARS_MAX } from './limits.ts';
import { importFile, importText, needsShared, sharedData, sharedFile } from './testing.ts';
import { type Entry, workbook, worksheet, zip } from './testing-archives.ts';

const db = await testDatabase();

const ENDS = new Set(['done', 'done_with_errors', 'refused']);
const tables = ['catalog.movies', 'catalog.theaters', 'screenings.screenings', 'holds.tickets', 'imports.staged'];

/** What the product promises for any file of this size, on two cores that are busy with other things too. */
const ANSWER_MS = 5_000;

/** The answer to a file, or a failure that names it when the promise is not kept, be it because nothing ever comes. */
async function inTime<T>(where: string, answer: Promise<T>): Promise<T> {
  let watchdog: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    watchdog = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS} ms: ${where}`)), ANSWER_MS);
  });
  const started = performance.now();
  const found = await Promise.race([answer, late]).finally(() => clearTimeout(watchdog));
  // A file that blocks the whole process blocks the watchdog with it.
  assert.ok(performance.now() - started <= ANSWER_MS, `answered after more than ${ANSWER_MS} ms: ${where}`);
  return found;
}

async function everyFile(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test(
  'every hostile file, as every kind, ends within five seconds with a clear answer and leaves nothing half-written',
  needsShared,
  async () => {
    const files = [...(await everyFile(sharedFile('hostile'))), ...(await everyFile(sharedFile('xlsx')))];
    assert.ok(files.length > 170);
    for (const file of files) {
      for (const kind of IMPORT_KINDS) {
        const where = `${kind} ${file.slice(sharedData!.length)}`;
        const run = await inTime(where, importFile(db, kind, file));
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

test('an old workbook, a cut archive and bytes of no format are refused by name', async () => {
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
    codes.push((await inTime(bytes.toString('latin1', 0, 20), importText(db, 'movies', bytes))).refusal?.code);
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

const MEBI = 1024 * 1024;

/** Deflated zeros of so many MiB, never unpacked anywhere: one piece that ends on a byte, over and over. */
function packedZeros(mebibytes: number): Buffer {
  const piece = deflateRawSync(Buffer.alloc(MEBI), { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([...Array.from({ length: mebibytes }, () => piece), deflateRawSync(Buffer.alloc(0))]);
}

test('an archive that unpacks to gigabytes is refused before anything of it is believed', async () => {
  const bomb = packedZeros(4_096);
  assert.ok(bomb.length < 8 * MEBI, 'control: four gigabytes are a small file');
  const small = packedZeros(1);
  const sheet = worksheet([
    ['codigo', 'titulo'],
    ['a', 'b'],
  ]);
  const honest = { name: 'xl/media/zeros.bin', packed: bomb, unpackedBytes: 0xffff_ffff };
  const archives: [name: string, code: string, bytes: Buffer][] = [
    ['says how big it is', 'xlsx_unpacks_too_large', workbook(sheet, [honest])],
    ['says it is small', 'xlsx_unpacks_too_large', workbook(sheet, [{ ...honest, unpackedBytes: 100 }])],
    ['is the sheet itself', 'xlsx_unpacks_too_large', zip([{ ...honest, name: 'xl/worksheets/sheet1.xml' }])],
    [
      'stays below the sum, by a ratio of a thousand',
      'xlsx_packed_too_densely',
      workbook(sheet, [{ name: 'xl/media/zeros.bin', packed: packedZeros(100), unpackedBytes: 100 * MEBI }]),
    ],
    [
      'is cut in entries too small for the ratio',
      'xlsx_unpacks_too_large',
      workbook(
        sheet,
        Array.from(
          { length: 200 },
          (_, at): Entry => ({ name: `xl/media/${at}.bin`, packed: small, unpackedBytes: MEBI }),
        ),
      ),
    ],
    [
      'has thousands of entries',
      'xlsx_too_many_entries',
      workbook(
        sheet,
        Array.from({ length: 1_000 }, (_, at): Entry => ({ name: `xl/media/${at}.bin`, content: '' })),
      ),
    ],
  ];
  const before = process.memoryUsage().rss;
  for (const [name, code, bytes] of archives) {
    const run = await inTime(name, importText(db, 'movies', bytes));
    assert.deepEqual([name, run.status, run.refusal?.code], [name, 'refused', code]);
  }
  assert.ok(process.memoryUsage().rss - before < 512 * MEBI, 'nobody unpacked it');
  const control = await importText(db, 'movies', workbook(sheet), { dryRun: true });
  assert.deepEqual([control.status, control.created], ['planned', 1], 'control: without the bomb it is a good file');
});

test('a workbook with a document type or an entity is refused, wherever it is written', async () => {
  const rows = [
    ['codigo', 'titulo'],
    ['dtd', '&secret;'],
  ];
  const external = '<!DOCTYPE worksheet [<!ENTITY secret SYSTEM "file:///etc/passwd">]>';
  const laughs = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY secret "&a;&a;&a;&a;&a;&a;&a;&a;">]>';
  const sheets: Record<string, string | Buffer> = {
    'external entity': worksheet(rows, external),
    'entity of entities': worksheet(rows, laughs),
    'external document type': worksheet(rows, '<!DOCTYPE worksheet SYSTEM "http://127.0.0.1:9/evil.dtd">'),
    'behind a long comment': worksheet(rows, `<!--${'x'.repeat(10_000)}-->${external}`),
    'in UTF-16': Buffer.from(`\ufeff${worksheet(rows, external)}`, 'utf16le'),
    'in UTF-16, big end first': Buffer.from(`\ufeff${worksheet(rows, external)}`, 'utf16le').swap16(),
  };
  for (const [name, sheet] of Object.entries(sheets)) {
    const run = await inTime(name, importText(db, 'movies', workbook(sheet)));
    assert.deepEqual([name, run.status, run.refusal?.code], [name, 'refused', 'xlsx_dtd']);
  }
  const beside = workbook(
    worksheet([
      ['codigo', 'titulo'],
      ['a', 'b'],
    ]),
    [{ name: 'xl/sharedStrings.xml', content: `<?xml version="1.0"?>${laughs}<sst/>` }],
  );
  assert.equal((await importText(db, 'movies', beside)).refusal?.code, 'xlsx_dtd');
  assert.deepEqual(await db.rows('select 1 from catalog.movies'), []);
});

test('more columns than any table has are refused, in every format; as many as allowed are not', async () => {
  const names = (count: number) => ['codigo', 'titulo', ...Array.from({ length: count - 2 }, (_, at) => `c${at}`)];
  const object = (count: number) => JSON.stringify(Object.fromEntries(names(count).map((name) => [name, 'x'])));
  const csv = (count: number) => `${names(count).join(';')}\n${names(count).fill('x').join(';')}\n`;
  const files = (count: number): Record<string, string | Buffer> => ({
    csv: csv(count),
    json: `[${object(count)}]`,
    ndjson: `${object(count)}\n${object(2)}`,
    'ndjson, late': `${object(2)}\n${object(count)}`,
    xlsx: workbook(worksheet([names(count), names(count).fill('x')])),
  });
  for (const [name, bytes] of Object.entries(files(257))) {
    const run = await inTime(name, importText(db, 'movies', bytes));
    assert.deepEqual([name, run.status, run.refusal?.code], [name, 'refused', 'columns_too_many']);
  }
  for (const [name, bytes] of Object.entries(files(256))) {
    const run = await inTime(name, importText(db, 'movies', bytes, { dryRun: true }));
    assert.deepEqual([name, run.status, run.errors], [name, 'planned', 0]);
  }
});

test('a field too long is an error of its row alone, and its value is kept cut', async () => {
  const long = 'x'.repeat(FIELD_CHARS_MAX + 1);
  const files = [
    `codigo;titulo\nl1;${long}\nl2;Bom\n`,
    `{"codigo":"l1","titulo":"${long}"}\n{"codigo":"l2","titulo":"Bom"}`,
    workbook(
      worksheet([
        ['codigo', 'titulo'],
        ['l1', long],
        ['l2', 'Bom'],
      ]),
    ),
  ];
  for (const bytes of files) {
    const run = await importText(db, 'movies', bytes, { dryRun: true });
    assert.deepEqual([run.status, run.created, run.errors], ['planned', 1, 1]);
    const { errors } = await listErrors(db, run.run, 1);
    assert.deepEqual(
      errors.map((error) => [error.row, error.column, error.code, error.value?.length]),
      [[2, 'titulo', 'too_long', 200]],
    );
  }
});
