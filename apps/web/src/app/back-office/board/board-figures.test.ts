import assert from 'node:assert/strict';
import test from 'node:test';
import type { Board } from '#contracts/admin';
import { againstLastWeek, bestHour, byTheater, groupAlerts, inCinemaOrder } from './board-figures.ts';

const hours = (pairs: Record<number, number>) => Array.from({ length: 24 }, (_, hour) => pairs[hour] ?? 0);

const screening = (theaterName: string, localTime: string, sold: number) => ({
  screeningId: 1,
  movieTitle: 'Limite',
  theaterName,
  auditoriumName: 'Sala 1',
  localTime,
  seatCount: 100,
  sold,
  held: 0,
  status: 'on_sale',
});

test('last week counts only until the same hour', () => {
  const board = { salesPerHour: hours({ 10: 6, 15: 99 }), salesPerHourLastWeek: hours({ 9: 4, 20: 500 }) } as Board;
  assert.equal(againstLastWeek(board, 12), 0.5);
  assert.equal(againstLastWeek({ ...board, salesPerHourLastWeek: hours({}) }, 12), null);
});

test('the cinema day begins at six and ends after midnight', () => {
  const order = inCinemaOrder(hours({ 6: 1, 5: 9 }));
  assert.equal(order[0], 1);
  assert.equal(order[23], 9);
  assert.equal(order.length, 24);
});

test('the fullest theater comes first, and a show after midnight last in its row', () => {
  const groups = byTheater([
    screening('Cine Aurora', '00:10', 10),
    screening('Cine Aurora', '14:00', 20),
    screening('Cine Lua', '21:00', 95),
  ]);
  assert.deepEqual(
    groups.map((group) => group.theater),
    ['Cine Lua', 'Cine Aurora'],
  );
  assert.deepEqual(
    groups[1]!.screenings.map((one) => one.localTime),
    ['14:00', '00:10'],
  );
});

test('a day without sales has no best hour', () => {
  assert.equal(bestHour(hours({})), null);
  assert.deepEqual(bestHour(hours({ 19: 7 })), { hour: 19, count: 7 });
});

test('three imports with errors are one line with the newest time; two stay apart, and other alerts stay', () => {
  const failed = (day: number) => ({
    code: 'import_with_errors',
    subject: `${day}.csv`,
    at: `2026-11-0${day}T10:00:00Z`,
  });
  const other = { code: 'refund_failed', subject: 'x', at: '2026-11-01T10:00:00Z' };
  const grouped = groupAlerts([failed(1), other, failed(3), failed(2)] as never);
  assert.deepEqual(
    grouped.map(({ code, count, at }) => [code, count, at]),
    [
      ['refund_failed', 1, other.at],
      ['import_with_errors', 3, failed(3).at],
    ],
  );
  assert.equal(groupAlerts([failed(1), failed(2)] as never).length, 2);
});
