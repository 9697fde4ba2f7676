import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { ERRORS_PER_PAGE, listErrors } from './index.ts';
import { importFile, needsShared, sharedFile } from './testing.ts';

const db = await testDatabase();
const registry = (name: string) => sharedFile(`ancine/salas_complexos_${name}.csv`);

/** Counts of its own, from the bytes: no code of the import. The file quotes nothing, so lines can be split. */
async function countByHand(name: string, encoding: string) {
  const text = new TextDecoder(encoding).decode(await readFile(registry(name)));
  const [header, ...lines] = text.trim().split('\n');
  const names = header!.split(';');
  const rows = lines.map((line) => new Map(line.split(';').map((cell, index) => [names[index], cell.trim()])));
  const keyed = rows.filter((row) => row.get('REGISTRO_SALA') !== '');
  const open = keyed.filter((row) => row.get('SITUACAO_SALA') === 'EM FUNCIONAMENTO');
  return {
    rows: rows.length,
    keyless: rows.length - keyed.length,
    auditoriums: new Map(keyed.map((row) => [row.get('REGISTRO_SALA')!, row])),
    theaters: new Set(keyed.map((row) => row.get('REGISTRO_COMPLEXO'))).size,
    open: open.length,
    openSeats: open.reduce((sum, row) => sum + Number(row.get('ASSENTOS_SALA')), 0),
  };
}

test(
  'the registry as published: every keyed row is in with its seats, every keyless row is an error',
  needsShared,
  async () => {
    const expected = await countByHand('2024-02_windows1252', 'windows-1252');
    const run = await importFile(db, 'theaters', registry('2024-02_windows1252'));
    assert.equal(run.understood?.encoding, 'windows-1252');
    assert.equal(run.understood?.layout, 'ancine_registry');
    assert.equal(run.status, 'done_with_errors');
    assert.deepEqual(
      { rows: run.rows, created: run.created, updated: run.updated, unchanged: run.unchanged, errors: run.errors },
      { rows: expected.rows, created: expected.auditoriums.size, updated: 0, unchanged: 0, errors: expected.keyless },
    );
    assert.equal(run.entities['theaters']?.created, expected.theaters);
    const stored = await db.row('select count(*)::integer as theaters from catalog.theaters');
    assert.deepEqual(stored, { theaters: expected.theaters }, 'a complex without auditorium creates no theater');
    const keyless = (await listErrors(db, run.run, 1)).errors.filter((error) => error.code === 'key_missing');
    assert.equal(keyless.length, Math.min(expected.keyless, ERRORS_PER_PAGE));
    assert.ok(keyless.every((error) => error.column === 'REGISTRO_SALA' && error.message.endsWith('nor its theater')));
    const open = await db.row(
      `select count(*)::integer as auditoriums, sum(p.seat_count)::integer as seats
     from catalog.auditoriums a left join catalog.seat_plans p using (seat_plan_id) where a.status = 'open'`,
    );
    assert.deepEqual(open, { auditoriums: expected.open, seats: expected.openSeats });
    const closed = await db.row(
      `select count(*)::integer as planned from catalog.auditoriums
       where status = 'closed' and seat_plan_id is not null`,
    );
    assert.deepEqual(closed, { planned: 0 }, 'closed auditoriums are kept, without a plan');
  },
);

test('the same registry again creates and updates nothing', needsShared, async () => {
  const run = await importFile(db, 'theaters', registry('2024-02_windows1252'));
  assert.deepEqual([run.created, run.updated], [0, 0]);
});

test(
  'a newer copy creates exactly the new auditoriums and loses none; its dry run says so beforehand',
  needsShared,
  async () => {
    const before = await countByHand('2024-02_windows1252', 'windows-1252');
    const after = await countByHand('2025-01_utf8', 'utf-8');
    const fresh = [...after.auditoriums.keys()].filter((key) => !before.auditoriums.has(key)).length;
    const reseated = [...after.auditoriums].filter(
      ([key, row]) =>
        before.auditoriums.has(key) && before.auditoriums.get(key)!.get('ASSENTOS_SALA') !== row.get('ASSENTOS_SALA'),
    ).length;
    const plan = await importFile(db, 'theaters', registry('2025-01_utf8'), { dryRun: true });
    const stored = await db.row<{ count: number }>('select count(*) from catalog.auditoriums');
    assert.equal(stored!.count, before.auditoriums.size, 'a dry run writes nothing');
    const run = await importFile(db, 'theaters', registry('2025-01_utf8'));
    assert.equal(run.entities['auditoriums']?.created, fresh);
    assert.ok(run.updated >= reseated);
    for (const field of ['created', 'updated', 'unchanged', 'errors', 'entities'] as const) {
      assert.deepEqual(run[field], plan[field], field);
    }
  },
);

test('releases and the film list meet in one movie per registration, in any order', needsShared, async () => {
  const releases = await importFile(db, 'movies', sharedFile('ancine/lancamentos_comerciais_anos_pares.csv'));
  assert.deepEqual([releases.rows, releases.created, releases.unchanged, releases.warnings], [2877, 2813, 64, 64]);
  assert.equal(releases.understood?.layout, 'ancine_releases');
  const list = await importFile(db, 'movies', sharedFile('ancine/filmes_classificacao_duracao_anos_pares.csv'));
  assert.deepEqual([list.created, list.errors], [0, 0]);
  const [facts] = await db.rows(
    `select count(*) filter (where rating is not null)::integer as rated,
            count(*) filter (where running_minutes is not null)::integer as timed from catalog.movies`,
  );
  assert.deepEqual(facts, { rated: 1945 - 32, timed: 1945 - 77 });
  const again = await importFile(db, 'movies', sharedFile('ancine/lancamentos_comerciais_anos_pares.csv'));
  assert.deepEqual([again.created, again.updated], [0, 0], 'blanks of one list never erase what the other told');
});

test('articles bring movies with their credit; those without a name of their own are errors', needsShared, async () => {
  const run = await importFile(db, 'movies', sharedFile('movies/wikipedia_movies_2020s.json'));
  assert.equal(run.understood?.layout, 'wikipedia_movies');
  assert.equal(run.created + run.unchanged + run.errors, 1153);
  const [credits] = await db.rows(
    `select count(*)::integer as count from catalog.movies where credit = 'Wikipedia, CC BY-SA'`,
  );
  assert.deepEqual(credits, { count: run.created });
});
