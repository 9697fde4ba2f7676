import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { ImportKind } from '#contracts/imports';
import type { Database } from '#platform/postgres';
import { ROOT, testDatabase } from '#testing/database';
import { readRun } from './runs.ts';
import { aFile, importFile, loadWorld } from './testing.ts';

// The real command, killed without warning at a moment when part of the file is in, then resumed by the real command.

const [calm, killed] = await Promise.all([testDatabase(), testDatabase()]);
await loadWorld(calm);
await loadWorld(killed);

const day = (index: number) => new Date(Date.UTC(2041, 0, 1 + index)).toISOString().slice(0, 10);
const ROWS = 12_000;
const seats = (await calm.row<{ labels: string[] }>(
  `select array_agg(seat ->> 'label') as labels from catalog.auditoriums a
     join catalog.seat_plans p using (seat_plan_id), jsonb_array_elements(p.plan -> 'seats') seat
     where a.registry_no = 'P1-2'`,
))!.labels;
const lines = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const FILES: Record<Extract<ImportKind, 'movies' | 'screenings' | 'tickets'>, string> = {
  movies: `codigo;titulo\n${lines(ROWS, (i) => `k${i};Filme ${i}`)}\nk1;Outro\n`,
  screenings: `sala;filme;data;hora;preco\n${lines(2_000, (i) => `P1-1;limite;${day(i)};19:00;30`)}\n`,
  // More than two chunks of the COPY, so that the kill falls between them.
  tickets: `assento;sala;data;hora;filme;preco\n${lines(
    240_000,
    (i) => `${seats[i % seats.length]};P1-2;${day(Math.floor(i / seats.length))};20:00;limite;30`,
  )}\n`,
};

const endState = (db: Database) =>
  db.row(`select (select count(*)::integer from catalog.movies) as movies,
    (select count(*)::integer from screenings.screenings) as screenings,
    (select count(*)::integer from holds.tickets) as tickets,
    (select count(*)::integer from imports.staged) as staged,
    (select count(*)::integer from imports.reserved_screenings) as reserved,
    (select md5(string_agg(s.starts_at::text || t.seat_no || t.price_cents, ','
       order by s.auditorium_id, s.starts_at, t.seat_no))
     from holds.tickets t join screenings.screenings s using (screening_id)) as content`);

const HALF_VISIBLE = `
  select count(*)::integer as count from screenings.screenings s
  where (select count(*) from holds.tickets t where t.screening_id = s.screening_id) not in (40, 60)`;

function start(db: Database, args: string[]): ChildProcess {
  return spawn(process.execPath, ['apps/cli/import.ts', ...args, '--json'], {
    cwd: ROOT,
    env: { ...process.env, DATABASE_URL: db.connectionString },
    stdio: 'ignore',
  });
}

async function killInTheMiddle(kind: ImportKind, path: string): Promise<string> {
  const child = start(killed, [kind, path]);
  const gone = once(child, 'exit');
  for (;;) {
    const row = await killed.row<{ run: string; moved: boolean; status: string }>(
      `select run_id as run, cursor_line > 0 as moved, status from imports.runs
       where kind = $1 and finished_at is null`,
      [kind],
    );
    if (row?.moved) break;
    assert.equal(child.exitCode, null, 'the import was over before it could be killed');
    await pause(2);
  }
  child.kill('SIGKILL');
  await gone;
  const [left] = await killed.rows<{ run: string; status: string }>(
    `select run_id as run, status from imports.runs where kind = $1 order by created_at desc limit 1`,
    [kind],
  );
  assert.equal(left!.status, 'applying', 'killed while at work');
  return left!.run;
}

for (const kind of ['movies', 'screenings', 'tickets'] as const) {
  test(`${kind}: killed in the middle and resumed, the end is the same, nothing half was ever visible`, async () => {
    const path = await aFile(FILES[kind]);
    const expected = await importFile(calm, kind, path);
    const run = await killInTheMiddle(kind, path);
    assert.deepEqual(await killed.row(HALF_VISIBLE), { count: 0 });
    const between = await endState(killed);
    assert.notDeepEqual(between, await endState(calm), 'control: the kill did interrupt something');
    const resumed = start(killed, ['--resume', run]);
    const [code] = (await once(resumed, 'exit')) as [number];
    const ended = (await readRun(killed, run))!;
    assert.equal(code, ended.errors > 0 ? 1 : 0);
    for (const field of ['status', 'rows', 'created', 'updated', 'unchanged', 'errors', 'entities'] as const) {
      assert.deepEqual(ended[field], expected[field], field);
    }
    assert.deepEqual(await endState(killed), await endState(calm));
  });
}
