import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '#platform/postgres';
import { testDatabase } from '#testing/database';
import { applyEdited } from '#testing/racing';
import { type SourceEdits, withEdits } from '#testing/without-guard';
import * as whole from './index.ts';
import { createRun, readRun, undoRun } from './index.ts';
import { aFile, importText, loadWorld } from './testing.ts';

// Each guard with its control: the same story with the guard taken out of the text, in which the damage shows.

type Imports = typeof whole;
const without = (edits: SourceEdits) => withEdits<Imports>('capabilities/imports', 'index.ts', edits);

const ROWS = 3_000;
const moviesFile = () =>
  aFile(`codigo;titulo\n${Array.from({ length: ROWS }, (_, index) => `g${index};Filme`).join('\n')}\n`);
const counted = (run: Awaited<ReturnType<typeof readRun>>) =>
  run!.created + run!.updated + run!.unchanged + run!.errors;

/** Two workers that both have seen the run as it is before either goes on, if both get that far. */
async function twoWorkers({ workOnRun }: Imports, db: Database) {
  const run = await createRun(db, { kind: 'movies', path: await moviesFile(), fileName: 'f' });
  const met = { count: 0 };
  const meet = async () => {
    met.count += 1;
    for (let waited = 0; met.count < 2 && waited < 50; waited += 1) await pause(10);
  };
  const settled = await Promise.allSettled([workOnRun(db, run, meet), workOnRun(db, run, meet)]);
  const outcomes = settled.map((each) => (each.status === 'fulfilled' ? each.value : 'failed'));
  return { outcomes: outcomes.sort(), run: await readRun(db, run) };
}

test('two workers at one run at once: one works, every row counts once', async () => {
  const { outcomes, run } = await twoWorkers(whole, await testDatabase());
  assert.deepEqual(outcomes, ['run_over', 'worked']);
  assert.deepEqual([run!.created, counted(run)], [ROWS, ROWS]);
});

test('control: without the lock of a run both read the file in, and rows meet themselves', async () => {
  const unlocked = await without({ 'work.ts': [['if (rows[0]!.ours) break;', 'if (rows.length > 0) break;']] });
  const { outcomes, run } = await twoWorkers(unlocked, await testDatabase());
  assert.ok(!outcomes.includes('run_over'), 'nobody was told');
  assert.ok(outcomes.includes('failed') || counted(run) > ROWS, `${counted(run)} outcomes of ${ROWS} rows`);
});

/** The worker dies right after its first chunk is committed; another one goes on. */
async function diesAfterFirstChunk({ workOnRun }: Imports, db: Database) {
  const run = await createRun(db, { kind: 'movies', path: await moviesFile(), fileName: 'f' });
  await assert.rejects(
    workOnRun(db, run, (view) => {
      if (view.status === 'applying' && view.rowsDone > 0) throw new Error('killed');
    }),
    /killed/,
  );
  const left = await readRun(db, run);
  assert.deepEqual([left!.status, left!.canResume, left!.created < ROWS], ['applying', true, true]);
  assert.equal(await workOnRun(db, run), 'worked');
  return readRun(db, run);
}

test('a worker that dies between two chunks is followed by one that counts every row once', async () => {
  const run = await diesAfterFirstChunk(whole, await testDatabase());
  assert.deepEqual([run!.status, run!.created, run!.unchanged, run!.rowsDone], ['done', ROWS, 0, ROWS]);
});

test('control: with the cursor moved after the commit of its rows, the rows between count twice', async () => {
  const late = await without({
    'load-chunks.ts': [
      [
        'set cursor_line = $2, rows_done = rows_done + $3',
        'set cursor_line = cursor_line + 0 * $2::integer, rows_done = rows_done + $3',
      ],
      [
        'await onProgress(sofar);',
        `await onProgress(sofar);
         await db.rows(
           \`update imports.runs r set cursor_line = (select max(line) from (select s.line from imports.staged s
               where s.run_id = r.run_id and s.line > r.cursor_line order by 1 limit $2) chunk) where r.run_id = $1\`,
           [run.run, kind.rowsPerChunk]);`,
      ],
    ],
  });
  const run = await diesAfterFirstChunk(late, await testDatabase());
  assert.ok(counted(run) > ROWS, `${counted(run)} outcomes of ${ROWS} rows`);
  assert.ok(run!.unchanged > 0);
});

test('uploads whose worker died are taken up by another; those at work, young or not uploaded are not', async () => {
  const db = await testDatabase();
  const path = await moviesFile();
  const aRun = (fileName: string, ownsFile: boolean) => createRun(db, { kind: 'movies', path, fileName, ownsFile });
  const [died, atWork, young, typed] = [
    await aRun('died', true),
    await aRun('at work', true),
    await aRun('young', true),
    await aRun('typed', false),
  ];
  await assert.rejects(
    whole.workOnRun(db, died, (view) => {
      if (view.status === 'applying' && view.rowsDone > 0) throw new Error('killed');
    }),
  );
  await db.rows(`update imports.runs set created_at = now() - interval '1 minute' where run_id <> $1`, [young]);
  const other = await db.connect();
  await other.query('select pg_advisory_lock(hashtextextended($1::text, 11))', [atWork]);
  assert.equal(await whole.resumeStaleRuns(db), 1);
  const statuses = async () =>
    Promise.all([died, atWork, young, typed].map(async (run) => (await readRun(db, run))!.status));
  assert.deepEqual(await statuses(), ['done', 'received', 'received', 'received']);
  const ended = await readRun(db, died);
  assert.deepEqual([ended!.created, counted(ended)], [ROWS, ROWS]);
  assert.equal(await whole.resumeStaleRuns(db), 0, 'nothing is left to take up');
  // Its worker dies: the lock goes with the connection, and at once it can be taken up. (Its file went with the first.)
  other.release(true);
  while (!(await readRun(db, atWork))!.canResume) await pause(5);
  assert.equal(await whole.resumeStaleRuns(db), 1);
  assert.deepEqual((await readRun(db, atWork))!.refusal?.code, 'file_missing');
});

const SHOW = 'sala;filme;data;hora;preco\nP1-1;limite;01/02/2031;20:00;30\n';
const UNDO = 'capabilities/imports/undo.fn.sql';
const EARLY = [
  / {2}if exists \(select from orders\.orders o[\s\S]*?return 'tickets_sold';\n {2}end if;\n/g,
  '',
] as const;
const LATE = ['if v_taken > 0 then', 'if false then'] as const;
const SLEEP = [
  '  perform imports.undo_screenings(',
  '  perform pg_sleep(0.5);\n  perform imports.undo_screenings(',
] as const;
const SOLD = `update holds.tickets set state = 'sold', order_id = gen_random_uuid() where seat_no = 1`;
const held = (until: string) => `update holds.tickets set state = 'held', order_id = gen_random_uuid(),
  held_until = now() + interval '${until}' where seat_no = 1`;

/** A screening is imported, one of its seats taken (or let go), the import undone under these edits. */
async function undoAfter(taken: string, edits: Parameters<typeof applyEdited>[2]) {
  const db = await testDatabase();
  await loadWorld(db);
  const { run } = await importText(db, 'screenings', SHOW);
  await applyEdited(db, UNDO, edits);
  await db.rows(taken);
  const outcome = await db.transaction((tx) => undoRun(tx, run));
  return { outcome, tickets: (await db.row<{ count: number }>('select count(*) from holds.tickets'))!.count };
}

test('undo stops at a sold seat and at a held one, not at one whose hold is over', async () => {
  assert.deepEqual(await undoAfter(SOLD, []), { outcome: 'tickets_sold', tickets: 40 });
  assert.deepEqual(await undoAfter(held('1 minute'), []), { outcome: 'tickets_sold', tickets: 40 });
  assert.deepEqual(await undoAfter(held('-1 minute'), []), { outcome: 'undone', tickets: 0 });
});

test('control: without its two looks at the seats, undo takes sold and held ones from their owners', async () => {
  assert.deepEqual(await undoAfter(SOLD, [EARLY]), { outcome: 'tickets_sold', tickets: 40 }, 'the second look holds');
  assert.deepEqual(await undoAfter(SOLD, [EARLY, LATE]), { outcome: 'undone', tickets: 0 });
  assert.deepEqual(await undoAfter(held('1 minute'), [EARLY, LATE]), { outcome: 'undone', tickets: 0 });
});

/** A seat is sold while undo is between its look and its deletes. */
async function soldDuringUndo(edits: Parameters<typeof applyEdited>[2]) {
  const db = await testDatabase();
  await loadWorld(db);
  const { run } = await importText(db, 'screenings', SHOW);
  await applyEdited(db, UNDO, [SLEEP, ...edits]);
  const undoing = db.transaction((tx) => undoRun(tx, run));
  const sleeping = `select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  while ((await db.rows(sleeping)).length === 0) await pause(2);
  await db.rows(SOLD);
  const outcome = await undoing;
  return { outcome, sold: (await db.rows(`select 1 from holds.tickets where state = 'sold'`)).length };
}

test('a seat sold while undo is under way stops it; control: without the last look its owner loses it', async () => {
  assert.deepEqual(await soldDuringUndo([]), { outcome: 'tickets_sold', sold: 1 });
  assert.deepEqual(await soldDuringUndo([LATE]), { outcome: 'undone', sold: 0 });
});

const REGISTER = 'capabilities/screenings/register-screenings.fn.sql';
const AGAINST_STORED = ['where d.code is null and other.auditorium_id', 'where false and other.auditorium_id'] as const;
const AGAINST_CHUNK = ['where d.code is null and exists (', 'where false and exists ('] as const;

/** One screening of two hours stored, then three more in one file: over it, beside it, and over the one beside it. */
async function overlaps(edits: Parameters<typeof applyEdited>[2]) {
  const db = await testDatabase();
  await loadWorld(db);
  await importText(db, 'screenings', SHOW);
  await applyEdited(db, REGISTER, edits);
  const hours = ['21:59', '22:00', '23:59'].map((hour) => `P1-1;limite;01/02/2031;${hour};30\n`);
  const run = await importText(db, 'screenings', `sala;filme;data;hora;preco\n${hours.join('')}`);
  const refused = (await whole.listErrors(db, run.run, 1)).errors.map((error) => `${error.row} ${error.code}`);
  return { created: run.created, refused };
}

test('an auditorium never shows two things at a time, and one thing may follow another at once', async () => {
  const refused = ['2 overlaps_screening', '4 overlaps_screening'];
  assert.deepEqual(await overlaps([]), { created: 1, refused });
});

test('control: without one look or the other, an auditorium shows two things at a time', async () => {
  const unseen = await overlaps([AGAINST_STORED]);
  assert.ok(!unseen.refused.includes('2 overlaps_screening'), 'over what was stored');
  const unsorted = await overlaps([AGAINST_CHUNK]);
  assert.deepEqual(unsorted, { created: 2, refused: ['2 overlaps_screening'] });
});
