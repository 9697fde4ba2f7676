import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { listErrors, undoRun } from './index.ts';
import { importText, loadWorld, THEATERS } from './testing.ts';

const db = await testDatabase();
await loadWorld(db);

const planOf = (hall: string) =>
  db.row<{ fingerprint: string; labels: string[]; kinds: string[] }>(
    `select p.fingerprint, array_agg(seat ->> 'label' order by (seat ->> 'no')::integer) as labels,
            array_agg(seat ->> 'kind' order by (seat ->> 'no')::integer) as kinds
     from catalog.auditoriums a join catalog.seat_plans p using (seat_plan_id),
          jsonb_array_elements(p.plan -> 'seats') seat where a.registry_no = $1 group by 1`,
    [hall],
  );
const seats = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    row: 'ABCD'[Math.floor(index / 10)],
    label: `${'ABCD'[Math.floor(index / 10)]}${10 - (index % 10)}`,
    x: index % 10,
    y: Math.floor(index / 10),
    kind: index === 0 ? 'wheelchair' : 'standard',
  }));
const file = (maps: unknown[]) => JSON.stringify({ seatMaps: maps });

test('a seat-map file replaces the generated plan, again changes nothing, survives the registry, and can be undone', async () => {
  const before = await planOf('P1-1');
  const run = await importText(db, 'theaters', file([{ auditorium: 'P1-1', seats: seats(40) }]));
  assert.deepEqual([run.status, run.updated, run.understood?.layout], ['done', 1, 'seat_map']);
  const drawn = await planOf('P1-1');
  assert.equal(drawn?.labels[0], 'A10');
  assert.equal(drawn?.kinds[0], 'wheelchair');
  const again = await importText(db, 'theaters', file([{ auditorium: 'P1-1', seats: seats(40) }]));
  assert.deepEqual([again.created, again.updated, again.unchanged], [0, 0, 1]);
  const registry = await importText(db, 'theaters', THEATERS.replace('Sala 1;40;2', 'Sala 1;40;3'));
  assert.equal(registry.updated, 1);
  assert.deepEqual(await planOf('P1-1'), drawn, 'a drawn plan of the right size is not replaced by a generated one');
  assert.equal(await db.transaction((tx) => undoRun(tx, registry.run)), 'undone');
  assert.equal(await db.transaction((tx) => undoRun(tx, run.run)), 'undone');
  assert.deepEqual(await planOf('P1-1'), before);
});

test('maps of unknown auditoriums, other sizes and doubled places are errors by row; the good map loads', async () => {
  const twice = seats(40).map((seat, index) => (index === 1 ? { ...seat, x: 0 } : seat));
  const run = await importText(
    db,
    'theaters',
    file([
      { auditorium: 'nowhere', seats: seats(40) },
      { auditorium: 'P1-2', seats: seats(40) },
      { auditorium: 'A1-1', seats: twice },
      { auditorium: 'A1-1', seats: seats(30) },
      { seats: seats(3) },
      'map',
    ]),
  );
  assert.equal(run.updated, 1);
  assert.deepEqual(
    (await listErrors(db, run.run, 1)).errors.map((error) => `${error.row} ${error.code}`),
    [
      '2 auditorium_unknown',
      '3 seat_count_differs',
      '4 seat_place_twice',
      '6 key_missing',
      '7 key_missing',
      '7 row_not_an_object',
    ],
  );
});

test('a pretix seating plan becomes a grid with its aisle, its rows and its wheelchair places', async () => {
  const row = (name: string, y: number) => ({
    row_number: name,
    position: { x: 0, y },
    seats: Array.from({ length: 15 }, (_, index) => ({
      seat_guid: `${name}-${index}`,
      seat_number: String(index + 1),
      position: { x: index * 25 + (index > 7 ? 50 : 0), y: 0 },
      category: index === 0 ? 'Cadeirantes' : 'Plateia',
    })),
  });
  const plan = {
    name: 'Sala única',
    auditorium: 'A1-1',
    size: { width: 500, height: 100 },
    categories: [],
    zones: [{ name: 'Z', position: { x: 10, y: 10 }, rows: [row('A', 0), row('B', 30)] }],
  };
  const run = await importText(db, 'theaters', JSON.stringify(plan));
  assert.deepEqual([run.status, run.updated, run.understood?.layout], ['done', 1, 'pretix_plan']);
  const stored = await db.row<{ plan: { width: number; height: number } }>(
    `select p.plan from catalog.auditoriums a join catalog.seat_plans p using (seat_plan_id) where a.registry_no = 'A1-1'`,
  );
  assert.deepEqual([stored!.plan.width, stored!.plan.height], [17, 2]);
  assert.equal((await planOf('A1-1'))?.kinds.filter((kind) => kind === 'wheelchair').length, 2);
});
