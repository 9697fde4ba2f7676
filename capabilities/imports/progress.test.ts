import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { withEdits } from '#testing/without-guard';
import type * as whole from './index.ts';
import { cancelRun, createRun, readRun, workOnRun } from './index.ts';
import { aFile, loadWorld } from './testing.ts';

// Whatever is due by time is due after every batch here; the file is one chunk of several batches.
const impatient = await withEdits<typeof whole>('capabilities/imports', 'index.ts', {
  'load-tickets.ts': [['const TELL_EVERY_MS = 500;', 'const TELL_EVERY_MS = 0;']],
});

const ROWS = 35_000;
const db = await testDatabase();
await loadWorld(db);
const seats = (await db.row<{ labels: string[] }>(
  `select array_agg(seat ->> 'label') as labels from catalog.auditoriums a
     join catalog.seat_plans p using (seat_plan_id), jsonb_array_elements(p.plan -> 'seats') seat
     where a.registry_no = 'P1-1'`,
))!.labels;

async function aRun(year: number): Promise<string> {
  const rows = Array.from({ length: ROWS }, (_, index) => {
    const day = new Date(Date.UTC(year, 0, 1 + Math.floor(index / seats.length))).toISOString().slice(0, 10);
    return `${seats[index % seats.length]};P1-1;${day};20:00;limite;30`;
  });
  const path = await aFile(`assento;sala;data;hora;filme;preco\n${rows.join('\n')}\n`);
  return createRun(db, { kind: 'tickets', path, fileName: 'f' });
}
const created = async (run: string) => (await readRun(db, run))!.created;
const ticketsOfNobody = `select 1 from holds.tickets t where not exists
  (select from screenings.screenings s where s.screening_id = t.screening_id) limit 1`;

test('who looks on sees rows go by inside a chunk, before any of it is committed', async () => {
  const run = await aRun(2040);
  const seen: number[] = [];
  await impatient.workOnRun(db, run, async (view) => {
    if (view.status !== 'applying' || view.created > 0) return;
    assert.equal(await created(run), 0, 'nothing is committed');
    seen.push(view.rowsDone);
  });
  assert.ok(seen.length >= 3, `told ${seen.length} times`);
  assert.ok(
    seen.every((rows, at) => rows > 0 && rows <= ROWS && rows > (seen[at - 1] ?? 0)),
    seen.join(' '),
  );
  const ended = (await readRun(db, run))!;
  assert.deepEqual([ended.status, ended.rows, ended.rowsDone, ended.created], ['done', ROWS, ROWS, ROWS]);
});

test('a cancel inside a chunk is heard before the chunk is through, and nothing stays', async () => {
  const run = await aRun(2060);
  const answers: string[] = [];
  await impatient.workOnRun(db, run, async (view) => {
    if (answers.length === 0 && view.rowsDone > 0) answers.push(await cancelRun(db, run));
  });
  const ended = (await readRun(db, run))!;
  assert.deepEqual([answers, ended.status, ended.created], [['stopping'], 'cancelled', 0]);
  assert.ok(ended.rowsDone < ROWS, 'control: the file was not read to its end');
  assert.deepEqual(await db.rows(ticketsOfNobody), []);
});

test('rows that were told of a chunk which then was lost are told again, not counted twice', async () => {
  const run = await aRun(2023);
  const dying = impatient.workOnRun(db, run, (view) => {
    if (view.rowsDone > 0) throw new Error('killed');
  });
  await assert.rejects(dying, /killed/);
  const lost = (await readRun(db, run))!;
  assert.deepEqual([lost.status, lost.rowsDone > 0, lost.created], ['applying', true, 0]);
  assert.equal(await workOnRun(db, run), 'worked');
  const ended = (await readRun(db, run))!;
  assert.deepEqual([ended.status, ended.rows, ended.rowsDone, ended.created], ['done', ROWS, ROWS, ROWS]);
});

test('a chunk of a dead worker that is not over yet is waited for, and its rows are not written again', async () => {
  const run = await aRun(2100);
  const dead = await db.connect();
  await dead.query('begin');
  await dead.query('select pg_advisory_xact_lock(hashtextextended($1::text, 12))', [run]);
  await db.rows(`update imports.runs set status = 'applying' where run_id = $1`, [run]);
  const next = workOnRun(db, run);
  const outcome = assert.rejects(next, /import_moved_meanwhile/);
  const waiting = `select from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())`;
  while ((await db.rows(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await dead.query('update imports.runs set cursor_line = 11 where run_id = $1', [run]);
  await dead.query('commit');
  dead.release();
  await outcome;
  assert.deepEqual(await db.rows(ticketsOfNobody), [], 'nothing was written under a cursor that had moved');
});
