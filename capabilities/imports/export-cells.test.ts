import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { safeCell, toCsv, toXlsx } from './export-cells.ts';
import { inspectFile } from './inspect-file.ts';
import { isRefusal } from './refusal.ts';
import { openSheet } from './sheet.ts';
import { aFile, needsShared, sharedFile } from './testing.ts';

const STARTS_FORMULA = /^\s*[=+\-@\t\r]/;

test('cells that could compute are marked as text, the others stay as they are', () => {
  for (const evil of ['=1', '+1', '-1', '@A', '\t=1', '\r=1', '  =1', '\u00a0=1', '＝1']) {
    assert.equal(safeCell(evil), `'${evil}`);
  }
  for (const good of ['Sala 1', '5-1', 'a=b', '', '007 - Sem tempo']) assert.equal(safeCell(good), good);
});

test('known attacks come out of CSV and XLSX as text', needsShared, async () => {
  const attacks = (await readFile(sharedFile('hostile/csv_injection_basic.txt'), 'utf8')).split(/\r?\n/);
  assert.ok(attacks.filter((attack) => STARTS_FORMULA.test(attack)).length >= 4, 'control: they do attack');
  const rows = [['titulo'], ...attacks.map((attack) => [attack])];
  for (const bytes of [Buffer.from(toCsv(rows)), await toXlsx('ataques', rows)]) {
    const file = await inspectFile(await aFile(bytes));
    assert.ok(!isRefusal(file));
    const sheet = await openSheet(file);
    assert.ok(!isRefusal(sheet));
    const cells: string[] = [];
    for await (const batch of sheet.batches()) for (const row of batch.rows) cells.push((row as string[])[0]!);
    assert.equal(cells.length, attacks.length);
    assert.ok(
      cells.every((cell) => !STARTS_FORMULA.test(cell)),
      cells.join('\n'),
    );
  }
});
