import assert from 'node:assert/strict';
import test from 'node:test';
import { columnsOf, heatLevel, heightOf, linePath, niceTicks } from './chart-scale.ts';

const frame = { left: 40, right: 0, top: 10, bottom: 20, width: 280, height: 130 };

test('ticks are round, start at zero and reach the greatest value', () => {
  assert.deepEqual(niceTicks(42, 4), [0, 20, 40, 60]);
  assert.deepEqual(niceTicks(3, 4), [0, 1, 2, 3]);
  assert.deepEqual(niceTicks(0, 4), [0, 1]);
  for (const max of [1, 7, 99, 100, 101, 12_345]) {
    const ticks = niceTicks(max, 4);
    assert.ok(ticks.at(-1)! >= max, `${max}`);
    assert.ok(ticks.length <= 6, `${max}: ${ticks.join(' ')}`);
  }
});

test('columns share the room between the margins and never overlap', () => {
  const columns = columnsOf(frame, 24);
  assert.equal(columns.length, 24);
  assert.ok(columns[0]!.x >= 40);
  assert.ok(columns.at(-1)!.x + columns.at(-1)!.width <= 280);
  for (let at = 1; at < 24; at += 1) assert.ok(columns[at]!.x > columns[at - 1]!.x + columns[at - 1]!.width);
});

test('a value beyond the scale stays inside the frame', () => {
  assert.equal(heightOf(frame, 0, 50), 110);
  assert.equal(heightOf(frame, 50, 50), 10);
  assert.equal(heightOf(frame, 80, 50), 10);
  assert.equal(heightOf(frame, 5, 0), 110);
});

test('a line begins with a move', () => {
  assert.equal(
    linePath([
      [1, 2],
      [3, 4.25],
    ]),
    'M1.0 2.0L3.0 4.3',
  );
  assert.equal(linePath([]), '');
});

test('heat has five steps, nearly sold out apart', () => {
  assert.deepEqual([0, 0.01, 0.3, 0.6, 0.9, 1].map(heatLevel), [0, 1, 2, 3, 4, 4]);
});
