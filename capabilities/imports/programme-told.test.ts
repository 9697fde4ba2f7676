import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pg from 'pg';
import { PROGRAMME_CHANNEL, parseProgrammeChange } from '#capabilities/catalog';
import { setSalesStatus } from '#capabilities/screenings';
import { testDatabase } from '#testing/database';
import { undoRun } from './index.ts';
import { importText, loadWorld, MOVIES, SCREENINGS, THEATERS } from './testing.ts';

const db = await testDatabase();
await loadWorld(db);
const listener = new pg.Client({ connectionString: db.connectionString });
// The database of the test goes before its listener does.
listener.on('error', () => {});
await listener.connect();
after(() => listener.end());
let heard: string[] = [];
listener.on('notification', (message) => heard.push(message.payload ?? ''));
await listener.query(`listen ${PROGRAMME_CHANNEL}`);

/** Which tables, and of screenings which, were told while `run` ran. */
async function told(run: () => Promise<unknown>) {
  heard = [];
  await run();
  // Notices come before the answer to whatever is asked after their commit.
  await listener.query('select 1');
  const changes = heard.map((payload) => parseProgrammeChange(payload)!);
  return {
    tables: [...new Set(changes.map((change) => change.table))].sort(),
    screenings: [...new Set(changes.filter((c) => c.table === 'screenings').flatMap((c) => c.ids))].sort(
      (a, b) => a - b,
    ),
  };
}
const undo = (run: string) => db.transaction((tx) => undoRun(tx, run));
const idsOf = async (where: string) =>
  (await db.rows<{ id: number }>(`select screening_id as id from screenings.screenings where ${where} order by 1`)).map(
    (row) => row.id,
  );

const TICKETS = `assento;sala;data;hora;filme;preco
A3;P1-2;01/02/2031;20:00;limite;R$ 30,00
A4;P1-2;01/02/2031;20:00;limite;R$ 30,00
`;

test('theaters, auditoriums and movies that an import changes are told, and what it leaves alone is not', async () => {
  assert.deepEqual((await told(() => importText(db, 'theaters', THEATERS))).tables, []);
  assert.deepEqual((await told(() => importText(db, 'movies', MOVIES))).tables, []);
  const renamed = await told(() => importText(db, 'theaters', THEATERS.replaceAll('Cine São Luís', 'Cine Moderno')));
  assert.deepEqual(renamed.tables, ['theaters']);
  const wider = await told(() => importText(db, 'theaters', THEATERS.replace('Sala 2;60;2', 'Sala 2;61;3')));
  assert.ok(wider.tables.includes('auditoriums'));
  assert.deepEqual((await told(() => importText(db, 'movies', MOVIES.replace(';120', ';121')))).tables, ['movies']);
});

test('screenings are told when they are published, repriced, paused and undone', async () => {
  const published = await told(() => importText(db, 'screenings', SCREENINGS));
  const ids = await idsOf('true');
  assert.equal(ids.length, 3);
  assert.deepEqual(published, { tables: ['screenings'], screenings: ids });
  const dearer = await told(() => importText(db, 'screenings', SCREENINGS.replace(';20;;', ';21;;')));
  assert.deepEqual(dearer.screenings, await idsOf('price_cents = 2100'));
  const paused = await told(() =>
    db.transaction((tx) => setSalesStatus(tx, { screeningId: ids[0]!, status: 'paused' })),
  );
  assert.deepEqual(paused.screenings, [ids[0]]);
  const { run } = await importText(db, 'screenings', SCREENINGS.replaceAll('2030', '2029'));
  const later = (await idsOf('true')).slice(3);
  assert.deepEqual([(await told(() => undo(run))).screenings, await idsOf('true')], [later, ids]);
});

test('tickets are told when they are published, repriced, added and undone', async () => {
  const published = await told(() => importText(db, 'tickets', TICKETS));
  const ids = await idsOf(`starts_at > '2031-01-15'`);
  assert.deepEqual(published, { tables: ['screenings'], screenings: ids });
  const repriced = await told(() => importText(db, 'tickets', TICKETS.replaceAll('30,00', '35,00')));
  assert.deepEqual(repriced.screenings, ids);
  let run = '';
  const more = TICKETS.replaceAll('30,00', '35,00') + 'A5;P1-2;01/02/2031;20:00;limite;R$ 35,00\n';
  const added = await told(async () => (run = (await importText(db, 'tickets', more)).run));
  assert.deepEqual(added.screenings, ids);
  assert.deepEqual((await told(() => undo(run))).screenings, ids);
});

test('ten thousand rows of one statement are told in notices that fit', async () => {
  heard = [];
  await db.rows(
    `insert into catalog.movies (natural_key, slug, title) select 'n:' || n, 'n-' || n, 'N' from generate_series(1, 10000) n`,
  );
  await listener.query('select 1');
  const ids = heard.flatMap((payload) => parseProgrammeChange(payload)!.ids);
  assert.equal(new Set(ids).size, 10_000);
});

test('without its trigger nobody would hear of a screening (the guard is needed)', async () => {
  const [id] = await idsOf('true');
  const pause = (status: 'paused' | 'on_sale') =>
    told(() => db.transaction((tx) => setSalesStatus(tx, { screeningId: id!, status })));
  await db.rows('alter table screenings.screenings disable trigger tell_update');
  assert.deepEqual((await pause('paused')).screenings, []);
  await db.rows('alter table screenings.screenings enable trigger tell_update');
  assert.deepEqual((await pause('on_sale')).screenings, [id]);
});
