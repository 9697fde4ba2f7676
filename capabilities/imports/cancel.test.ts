import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportKind } from '#contracts/imports';
import type { Database } from '#platform/postgres';
import { testDatabase } from '#testing/database';
import { withEdits } from '#testing/without-guard';
import * as whole from './index.ts';
import { cancelRun, createRun, readRun, undoRun, workOnRun } from './index.ts';
import { aFile, loadWorld } from './testing.ts';

type Imports = typeof whole;

// Chunks of tickets small enough that this file has several; everything else is as it is.
const inSmallChunks = await withEdits<Imports>('capabilities/imports', 'index.ts', {
  'load-tickets.ts': [['const ROWS_PER_CHUNK = 200_000;', 'const ROWS_PER_CHUNK = 2_000;']],
});

const TICKET_ROWS = 60_000;
const dayOf = (index: number) => new Date(Date.UTC(2040, 0, 1 + index)).toISOString().slice(0, 10);
const ticketsFile = () => {
  const rows = Array.from(
    { length: TICKET_ROWS },
    (_, index) => `A${(index % 10) + 1};P1-1;${dayOf(Math.floor(index / 10))};20:00;limite;30`,
  );
  return aFile(`assento;sala;data;hora;filme;preco\n${rows.join('\n')}\n`);
};
const screeningsFile = () =>
  aFile(
    `sala;filme;data;hora;preco
${Array.from({ length: 300 }, (_, day) => `P1-1;limite;${dayOf(day)};20:00;30`).join('\n')}
`,
  );

const aWorld = async (): Promise<Database> => {
  const db = await testDatabase();
  await loadWorld(db);
  return db;
};
const left = (db: Database) =>
  db.row<Record<string, number>>(`select (select count(*) from screenings.screenings) as screenings,
    (select count(*) from holds.tickets) as tickets, (select count(*) from imports.staged) as staged,
    (select count(*) from imports.reserved_screenings) as reserved`);
const NOTHING = { screenings: 0, tickets: 0, staged: 0, reserved: 0 };

/** Somebody cancels while the worker waits for them: right after its first chunk, with more to come. */
async function cancelledAfterFirstChunk(imports: Imports, db: Database, kind: ImportKind, path: string) {
  const run = await createRun(db, { kind, path, fileName: 'f' });
  const told: { answer: string; rowsDone: number; inDatabase: Record<string, number> }[] = [];
  await imports.workOnRun(db, run, async (view) => {
    if (told.length > 0 || view.status !== 'applying' || view.rowsDone === 0) return;
    told.push({ answer: await cancelRun(db, run), rowsDone: view.rowsDone, inDatabase: (await left(db))! });
  });
  return { run, ended: (await readRun(db, run))!, told: told[0]! };
}

test('tickets cancelled in the middle: those nobody could see yet are gone, and nothing is there to undo', async () => {
  const db = await aWorld();
  const { ended, told } = await cancelledAfterFirstChunk(inSmallChunks, db, 'tickets', await ticketsFile());
  assert.equal(told.answer, 'stopping');
  assert.ok(told.rowsDone > 0 && told.rowsDone < TICKET_ROWS, 'control: it was in the middle');
  assert.ok(told.inDatabase['tickets']! > 0, 'control: some were written');
  assert.equal(told.inDatabase['screenings'], 0);
  assert.deepEqual(
    [ended.status, ended.rowsDone, ended.created, ended.canUndo],
    ['cancelled', told.rowsDone, 0, false],
  );
  assert.deepEqual(await left(db), NOTHING);
});

test('screenings cancelled in the middle: the first chunk stays until undone, the others never come', async () => {
  const db = await aWorld();
  const { run, ended, told } = await cancelledAfterFirstChunk(whole, db, 'screenings', await screeningsFile());
  assert.deepEqual([told.answer, told.rowsDone], ['stopping', 100]);
  assert.deepEqual([ended.status, ended.created, ended.canUndo], ['cancelled', 100, true]);
  assert.deepEqual(await left(db), { ...NOTHING, screenings: 100, tickets: 4_000 });
  assert.equal(await db.transaction((tx) => undoRun(tx, run)), 'undone');
  assert.deepEqual(await left(db), NOTHING);
});

test('control: a worker that does not look for the cancel loads the whole file', async () => {
  const deaf = await withEdits<Imports>('capabilities/imports', 'index.ts', {
    'load-chunks.ts': [["if (state.cancelled) return 'cancelled';", '']],
  });
  const db = await aWorld();
  const { ended, told } = await cancelledAfterFirstChunk(deaf, db, 'screenings', await screeningsFile());
  assert.deepEqual([told.rowsDone, ended.status, ended.created], [100, 'done', 300]);
});

test('a run that nobody works on is cancelled at once, and never worked on', async () => {
  const db = await aWorld();
  const run = await createRun(db, { kind: 'tickets', path: await ticketsFile(), fileName: 'f' });
  assert.equal(await cancelRun(db, run), 'cancelled');
  assert.equal(await workOnRun(db, run), 'run_over');
  assert.equal(await cancelRun(db, run), 'run_over');
  assert.deepEqual(await left(db), NOTHING);
});
