import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImportKind } from '#contracts/imports';
import type { Database } from '#platform/postgres';
import { testDatabase } from '#testing/database';
import { listErrors, undoRun } from './index.ts';
import { importText, loadWorld, MOVIES, SCREENINGS, THEATERS } from './testing.ts';

const db = await testDatabase();
await loadWorld(db);

const TICKETS = `assento;sala;data;hora;filme;preco
A3;P1-2;01/02/2031;20:00;limite;R$ 30,00
A4;P1-2;01/02/2031;20:00;limite;R$ 30,00
B1;P1-2;01/02/2031;20:00;limite;R$ 1.030,00
`;
const codesOf = async (run: string) =>
  (await listErrors(db, run, 1)).errors.map((error) => `${error.row} ${error.code}`);
const undo = (run: string) => db.transaction((tx) => undoRun(tx, run));
const world = async (database: Database = db) =>
  database.rows(`select (select json_agg(t order by 1) from (select registry_no, name, status, seats_total
      from catalog.auditoriums order by 1) t) as a,
    (select json_agg(m) from (select natural_key, title, running_minutes from catalog.movies order by 1) m) as m,
    (select json_agg(s) from (select auditorium_id, starts_at, movie_id, price_cents
      from screenings.screenings order by 1, 2) s) as s,
    (select count(*) from holds.tickets) as t, (select sum(price_cents) from holds.tickets) as p`);

test('a screenings file makes one ticket per seat, with local times, cinema days and prices', async () => {
  const run = await importText(db, 'screenings', SCREENINGS);
  assert.deepEqual(
    [run.status, run.created, run.errors, run.entities['tickets']?.created],
    ['done', 3, 0, 40 + 40 + 30],
  );
  const rows = await db.rows(
    `select a.registry_no as hall, s.starts_at at time zone 'UTC' as utc, s.cinema_day as day, s.price_cents as cents,
            (select count(*)::integer from holds.tickets t where t.screening_id = s.screening_id) as tickets
     from screenings.screenings s join catalog.auditoriums a using (auditorium_id) order by s.starts_at`,
  );
  assert.deepEqual(
    rows.map((row) => [row['hall'], (row['utc'] as Date).getTime() > 0, row['day'], row['cents'], row['tickets']]),
    [
      ['P1-1', true, '2030-12-24', 3250, 40],
      ['P1-1', true, '2030-12-24', 3250, 40],
      ['A1-1', true, '2030-12-24', 2000, 30],
    ],
  );
  const [acre] = await db.rows(`select extract(hour from starts_at at time zone 'UTC')::integer as hour
    from screenings.screenings order by starts_at desc limit 1`);
  assert.deepEqual(acre, { hour: 5 }, 'half past midnight in Rio Branco');
});

test('the same file twice creates and updates nothing, for every kind', async () => {
  const files: [ImportKind, string][] = [
    ['theaters', THEATERS],
    ['movies', MOVIES],
    ['screenings', SCREENINGS],
    ['tickets', TICKETS],
  ];
  for (const [kind, text] of files) {
    const first = await importText(db, kind, text);
    const again = await importText(db, kind, text);
    assert.deepEqual([first.errors, again.created, again.updated, again.errors], [0, 0, 0, 0], kind);
    assert.equal(again.unchanged, again.rows, kind);
    assert.equal(again.canUndo, false, kind);
  }
});

test('rows without key, repeated keys with other content, unknown things are errors; good rows load', async () => {
  const run = await importText(
    db,
    'screenings',
    `sala;filme;data;hora;preco
P1-1;limite;01/01/2031;14:00;30
;limite;01/01/2031;15:00;30
P1-1;metropolis;01/01/2031;14:00;30
P1-1;limite;01/01/2031;15:30;30
P1-1;limite;31/02/2031;15:30;30
P1-9;limite;01/01/2031;15:30;30
P1-1;nada;01/01/2031;18:00;30
P1-1;limite;01/01/2031;25:00;trinta
P1-1;limite;01/01/2031;16:00;30,00
`,
  );
  assert.deepEqual([run.created, run.errors, run.rows], [2, 7, 9]);
  assert.deepEqual(await codesOf(run.run), [
    '3 key_missing',
    '4 conflicts_with_row',
    '5 overlaps_screening',
    '6 not_a_date',
    '7 auditorium_unknown',
    '8 movie_unknown',
    '9 not_money',
    '9 not_a_time',
  ]);
  const listed = (await listErrors(db, run.run, 1)).errors;
  const overlap = listed.find((error) => error.code === 'overlaps_screening');
  assert.deepEqual([overlap?.column, overlap?.value], ['hora', '15:30'], 'by the column and cell of the file');
  assert.match(overlap!.message, /: Limite, 14h00$/, 'the movie and the hour of the theater, not of Greenwich');
  assert.equal(listed.find((error) => error.code === 'movie_unknown')?.column, 'filme');
});

test('asked to stop on errors, one bad row keeps every good one out; not asked, it does not', async () => {
  const text = 'codigo;titulo;duracao\nstop1;Um;100\nstop2;Dois;muito\n';
  const strict = await importText(db, 'movies', text, { stopOnError: true });
  assert.deepEqual([strict.status, strict.refusal?.code, strict.canUndo], ['refused', 'rows_failed', false]);
  assert.deepEqual(await db.rows(`select 1 from catalog.movies where natural_key like 'code:stop%'`), []);
  const lenient = await importText(db, 'movies', text);
  assert.deepEqual([lenient.status, lenient.created, lenient.errors], ['done_with_errors', 1, 1]);
});

test('a screening cannot start in a closed auditorium', async () => {
  await importText(
    db,
    'theaters',
    `codigo_cinema;cinema;municipio;uf;codigo_sala;nome_sala;assentos;situacao_sala
C1;Cine Antigo;Olinda;PE;C1-1;Sala 1;80;FECHADA
`,
  );
  const run = await importText(db, 'screenings', 'sala;filme;data;hora;preco\nC1-1;limite;01/01/2031;14:00;30\n');
  assert.deepEqual(await codesOf(run.run), ['2 auditorium_closed']);
});

test('tickets with unknown seats or two prices for one seat are errors; a sold ticket keeps its price', async () => {
  const run = await importText(
    db,
    'tickets',
    `${TICKETS}Z99;P1-2;01/02/2031;20:00;limite;R$ 30,00
A4;P1-2;01/02/2031;20:00;limite;31
;P1-2;01/02/2031;20:00;limite;31
`,
  );
  assert.deepEqual([run.created, run.unchanged, run.errors], [0, 3, 3]);
  assert.deepEqual(await codesOf(run.run), ['5 seat_unknown', '6 conflicts_with_row', '7 key_missing']);
  await db.rows(
    `update holds.tickets t set state = 'sold', order_id = gen_random_uuid()
     from screenings.screenings s join catalog.auditoriums a using (auditorium_id)
     where s.screening_id = t.screening_id and a.registry_no = 'P1-2' and s.starts_at > '2031-01-15' and t.seat_no =
       (select (seat ->> 'no')::smallint from catalog.seat_plans p, jsonb_array_elements(p.plan -> 'seats') seat
        where p.seat_plan_id = s.seat_plan_id and seat ->> 'label' = 'A3')`,
  );
  const dearer = await importText(db, 'tickets', TICKETS.replaceAll('R$ 30,00', 'R$ 35,00'));
  assert.deepEqual([dearer.updated, dearer.unchanged, dearer.errors], [1, 1, 1]);
  assert.deepEqual(await codesOf(dearer.run), ['2 ticket_has_sales']);
  const otherFilm = await importText(
    db,
    'screenings',
    'sala;filme;data;hora;preco\nP1-2;metropolis;01/02/2031;20:00;30\n',
  );
  assert.deepEqual(await codesOf(otherFilm.run), ['2 screening_has_sales']);
});

test('undo takes back what each kind created and restores what it changed; of sold tickets nothing', async () => {
  const before = await world();
  const runs = [
    await importText(db, 'theaters', THEATERS.replace('Sala 1;40', 'Sala Nova;44').replaceAll('A1', 'U1')),
    await importText(db, 'movies', `${MOVIES.replace('120', '121')}outro;Outro;;90\n`),
    await importText(db, 'screenings', SCREENINGS.replaceAll('2030', '2032')),
    await importText(db, 'tickets', TICKETS.replaceAll('2031', '2033')),
  ];
  assert.notDeepEqual(await world(), before);
  for (const run of runs.toReversed()) assert.equal(await undo(run.run), 'undone');
  assert.deepEqual(await world(), before);
  assert.equal(await undo(runs[0]!.run), 'run_not_undoable');

  const sold = await importText(db, 'tickets', TICKETS.replaceAll('2031', '2034'));
  await db.rows(`update holds.tickets set state = 'sold', order_id = gen_random_uuid() where screening_id =
    (select max(screening_id) from screenings.screenings) and seat_no = (select min(seat_no) from holds.tickets
     where screening_id = (select max(screening_id) from screenings.screenings))`);
  const with1 = await world();
  assert.equal(await undo(sold.run), 'tickets_sold');
  assert.deepEqual(await world(), with1);
});

test('what something else uses is not taken back, and nothing beside it either', async () => {
  const movies = await importText(db, 'movies', 'codigo;titulo;duracao\nused1;Usado;90\nused2;Livre;90\n');
  const shows = await importText(db, 'screenings', 'sala;filme;data;hora;preco\nP1-1;used1;01/01/2036;14:00;30\n');
  const before = await world();
  assert.equal(await undo(movies.run), 'in_use');
  assert.deepEqual(await world(), before);
  assert.equal(await undo(shows.run), 'undone');
  assert.equal(await undo(movies.run), 'undone');
});

test('a run changed over by a later one can only be undone after it', async () => {
  const first = await importText(db, 'movies', 'codigo;titulo\nlate;Um\n');
  const later = await importText(db, 'movies', 'codigo;titulo\nlate;Dois\n');
  assert.equal(await undo(first.run), 'changed_since');
  assert.equal(await undo(later.run), 'undone');
  assert.equal(await undo(first.run), 'undone');
});

test('control: with the sales guard taken out, the movie of a sold screening would change', async () => {
  const open = await testDatabase();
  await loadWorld(open);
  const show = 'sala;filme;data;hora;preco\nP1-1;limite;01/02/2031;20:00;30\n';
  await importText(open, 'screenings', show);
  await open.rows(`update holds.tickets set state = 'sold', order_id = gen_random_uuid() where seat_no = 1`);
  const guarded = await importText(open, 'screenings', show.replace('limite', 'metropolis'));
  assert.deepEqual([guarded.updated, guarded.errors], [0, 1]);
  await open.rows(`create or replace function screenings.has_sales(p_screening_id integer) returns boolean
    language sql stable return false`);
  const unguarded = await importText(open, 'screenings', show.replace('limite', 'metropolis'));
  assert.deepEqual([unguarded.updated, unguarded.errors], [1, 0]);
});
