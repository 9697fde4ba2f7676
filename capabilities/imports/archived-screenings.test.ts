import assert from 'node:assert/strict';
import { test } from 'node:test';
import { archiveNow, hotRows, seatCounts } from '#testing/archiving';
import { testDatabase } from '#testing/database';
import { listErrors, undoRun } from './index.ts';
import { importText, loadWorld } from './testing.ts';

// Files of a programme that is in the archive already: what was shown stays as it was shown.

const db = await testDatabase();
await loadWorld(db);
const TICKETS = `assento;sala;data;hora;filme;preco
A3;P1-2;01/02/2020;20:00;limite;30
A4;P1-2;01/02/2020;20:00;limite;30
`;
const codesOf = async (run: string) =>
  (await listErrors(db, run, 1)).errors.map((error) => `${error.row} ${error.code}`);
const undo = (run: string) => db.transaction((tx) => undoRun(tx, run));

test('the same file changes nothing, another price or movie is refused, new seats join the archive', async () => {
  const first = await importText(db, 'tickets', TICKETS);
  assert.equal(first.created, 2);
  const { id } = (await db.row<{ id: number }>('select screening_id as id from screenings.screenings'))!;
  assert.equal(await archiveNow(db, id), 'archived');

  const again = await importText(db, 'tickets', TICKETS);
  assert.deepEqual([again.created, again.updated, again.unchanged, again.errors], [0, 0, 2, 0]);
  const dearer = await importText(db, 'tickets', TICKETS.replaceAll(';30\n', ';31\n'));
  assert.deepEqual(await codesOf(dearer.run), ['2 ticket_has_sales', '3 ticket_has_sales']);
  const otherMovie = await importText(
    db,
    'screenings',
    'sala;filme;data;hora;preco\nP1-2;metropolis;01/02/2020;20:00;30\n',
  );
  assert.deepEqual(await codesOf(otherMovie.run), ['2 screening_has_sales']);
  assert.equal(await hotRows(db, id), 0);

  const more = await importText(db, 'tickets', `${TICKETS}B1;P1-2;01/02/2020;20:00;limite;30\n`);
  assert.deepEqual([more.created, more.unchanged], [1, 2]);
  const quota = await db.row('select half_price_quota as quota from screenings.screenings');
  assert.deepEqual(quota, { quota: 2 }, 'of all three seats, wherever they lie');
  assert.equal(await archiveNow(db, id), 'archived');
  assert.deepEqual(await seatCounts(db, id), { available: 3 });

  assert.equal(await undo(more.run), 'changed_since', 'its seat went to the archive');
  assert.deepEqual(await seatCounts(db, id), { available: 3 });
});

test('undoing the import that made an archived screening without sales takes the archive along', async () => {
  const run = await importText(db, 'tickets', TICKETS.replaceAll('2020', '2021'));
  const { id } = (await db.row<{ id: number }>('select max(screening_id) as id from screenings.screenings'))!;
  assert.equal(await archiveNow(db, id), 'archived');
  assert.equal(await undo(run.run), 'undone');
  assert.deepEqual(await db.rows('select 1 from holds.archived_screenings where screening_id = $1', [id]), []);
});
