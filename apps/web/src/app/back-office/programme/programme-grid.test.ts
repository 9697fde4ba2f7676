import assert from 'node:assert/strict';
import test from 'node:test';
import type { AdminScreening } from '#contracts/admin';
import { conflictsOf, dayAfter, layDay, minutesOf, placeOf } from './programme-grid.ts';

function screening(
  id: number,
  auditoriumName: string,
  localTime: string,
  minutes: number,
  conflictsWith: number[] = [],
) {
  const startsAt = `2026-11-22T${localTime}:00-03:00`;
  return {
    screeningId: id,
    auditoriumId: Number(auditoriumName.replaceAll(/\D/g, '')),
    auditoriumName,
    localTime,
    startsAt,
    endsAt: new Date(Date.parse(startsAt) + minutes * 60_000).toISOString(),
    conflictsWith,
  } as AdminScreening;
}

test('auditoriums stand in the order of their numbers, screenings in that of time', () => {
  const grid = layDay([
    screening(1, 'Sala 10', '19:00', 120),
    screening(2, 'Sala 2', '21:00', 90),
    screening(3, 'Sala 2', '14:00', 90),
  ]);
  assert.deepEqual(
    grid.rows.map((row) => row.name),
    ['Sala 2', 'Sala 10'],
  );
  assert.deepEqual(
    grid.rows[0]!.bars.map((bar) => bar.screening.screeningId),
    [3, 2],
  );
});

test('two screenings at once in one auditorium are both seen; one that follows another shares its lane', () => {
  const grid = layDay([
    screening(1, 'Sala 1', '19:00', 120),
    screening(2, 'Sala 1', '20:00', 60),
    screening(3, 'Sala 1', '21:00', 60),
  ]);
  assert.deepEqual(
    grid.rows[0]!.bars.map((bar) => bar.lane),
    [0, 1, 0],
  );
  assert.equal(grid.rows[0]!.lanes, 2);
});

test('a late show is drawn after midnight, inside the same day', () => {
  assert.equal(minutesOf('00:10'), 1450);
  const grid = layDay([screening(1, 'Sala 1', '00:10', 100)]);
  assert.ok(grid.until >= 1550);
  const place = placeOf(grid, grid.rows[0]!.bars[0]!);
  assert.ok(place.left > 50 && place.left + place.width <= 100);
});

test('a conflict is told once, not from both sides', () => {
  const pairs = conflictsOf([screening(1, 'Sala 1', '19:00', 120, [2]), screening(2, 'Sala 1', '20:00', 60, [1])]);
  assert.deepEqual(
    pairs.map(([a, b]) => [a.screeningId, b.screeningId]),
    [[1, 2]],
  );
});

test('days follow each other over the end of a month', () => {
  assert.equal(dayAfter('2026-11-30', 1), '2026-12-01');
  assert.equal(dayAfter('2026-03-01', -1), '2026-02-28');
});
