import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { listErrors } from './index.ts';
import { importText, loadWorld } from './testing.ts';
import { workbook, worksheet } from './testing-archives.ts';

const ROWS = [
  ['codigo', 'titulo', 'duracao', 'genero'],
  ['a1', 'Órfãos da Tempestade — パート', '150', 'drama|mudo'],
  ['a2', 'Só "aspas"; e ponto e vírgula', '90', ''],
];
const OBJECTS = ROWS.slice(1).map((row) => Object.fromEntries(row.map((cell, at) => [ROWS[0]![at]!, cell])));
const quoted = (separator: string, rows = ROWS) =>
  rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(separator)).join('\r\n');
const big = (text: string) => Buffer.from(text, 'utf16le').swap16();
const BOM = '\ufeff';

const FILES: Record<string, [format: string, encoding: string, separator: string | null, bytes: string | Buffer]> = {
  'CSV in UTF-8': ['csv', 'utf-8', ',', quoted(',')],
  'CSV in UTF-8 with a mark': ['csv', 'utf-8', ';', BOM + quoted(';')],
  'CSV in UTF-16LE with a mark': ['csv', 'utf-16le', '\t', Buffer.from(BOM + quoted('\t'), 'utf16le')],
  'CSV in UTF-16BE with a mark': ['csv', 'utf-16be', ';', big(BOM + quoted(';'))],
  'CSV in UTF-16BE without a mark': ['csv', 'utf-16be', ';', big(quoted(';'))],
  'JSON as a list': ['json', 'utf-8', null, JSON.stringify(OBJECTS, null, 1)],
  'JSON with a mark': ['json', 'utf-8', null, BOM + JSON.stringify(OBJECTS)],
  'JSON with rows inside': ['json', 'utf-8', null, JSON.stringify({ rows: OBJECTS })],
  'JSON in UTF-16BE': ['json', 'utf-16be', null, big(BOM + JSON.stringify(OBJECTS))],
  NDJSON: ['ndjson', 'utf-8', null, OBJECTS.map((row) => JSON.stringify(row)).join('\n')],
  'NDJSON with CR LF': ['ndjson', 'utf-8', null, `${OBJECTS.map((row) => JSON.stringify(row)).join('\r\n')}\r\n`],
  XLSX: [
    'xlsx',
    'utf-8',
    null,
    workbook(worksheet(ROWS.map((row) => row.map((cell) => cell.replaceAll('"', '&quot;'))))),
  ],
};

for (const [name, [format, encoding, separator, bytes]] of Object.entries(FILES)) {
  test(`${name}: recognised from its bytes, every letter arrives, nothing fails`, async () => {
    const db = await testDatabase();
    const run = await importText(db, 'movies', bytes);
    assert.deepEqual([run.status, run.created, run.rows, run.refusal], ['done', 2, 2, null]);
    const read = run.understood!;
    assert.deepEqual([read.format, read.encoding, read.separator], [format, encoding, separator]);
    assert.deepEqual(
      await db.rows('select title, running_minutes as minutes, genres from catalog.movies order by natural_key'),
      [
        { title: ROWS[1]![1], minutes: 150, genres: ['drama', 'mudo'] },
        { title: ROWS[2]![1], minutes: 90, genres: [] },
      ],
    );
  });
}

test('NDJSON: a broken line and a line that is no object fail alone; members that come later are read', async () => {
  const db = await testDatabase();
  const lines = [
    '{"codigo":"n1","titulo":"Um"}',
    '{"codigo":"n2",',
    '[1]',
    '',
    '{"duracao":99,"codigo":"n3","titulo":"Três"}',
  ];
  const run = await importText(db, 'movies', lines.join('\n'));
  assert.deepEqual([run.status, run.created, run.errors], ['done_with_errors', 2, 2]);
  const { errors } = await listErrors(db, run.run, 1);
  assert.deepEqual(
    errors.map((error) => `${error.row} ${error.code}`),
    ['3 json_malformed', '4 row_not_an_object'],
  );
  assert.deepEqual(
    await db.rows('select natural_key as key, running_minutes as minutes from catalog.movies order by 1'),
    [
      { key: 'code:n1', minutes: null },
      { key: 'code:n3', minutes: 99 },
    ],
  );
});

test('tickets come as NDJSON and JSON too, and say the same as the CSV', async () => {
  const db = await testDatabase();
  await loadWorld(db);
  const tickets = ['A3', 'A4'].map((assento) => ({
    assento,
    sala: 'P1-2',
    data: '2031-02-01',
    hora: '20:00',
    filme: 'limite',
    preco: 30.5,
  }));
  const first = await importText(db, 'tickets', tickets.map((row) => JSON.stringify(row)).join('\n'));
  assert.deepEqual([first.status, first.created], ['done', 2]);
  for (const same of [
    JSON.stringify(tickets),
    `assento;sala;data;hora;filme;preco
A3;P1-2;01/02/2031;20h00;limite;R$ 30,50
A4;P1-2;01/02/2031;20:00;limite;30,5
`,
  ]) {
    const again = await importText(db, 'tickets', same);
    assert.deepEqual([again.created, again.updated, again.unchanged, again.errors], [0, 0, 2, 0]);
  }
  assert.deepEqual(await db.rows('select price_cents as cents from holds.tickets'), [{ cents: 3050 }, { cents: 3050 }]);
});
