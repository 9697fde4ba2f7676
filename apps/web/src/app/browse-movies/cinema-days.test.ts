import assert from 'node:assert/strict';
import test from 'node:test';
import { daysAfter, isDay, nearestDay, nextDays, todayInBrazil } from './cinema-days.ts';

test('it is still yesterday in Brazil in the first hours of the day in London', () => {
  assert.equal(todayInBrazil(Date.parse('2026-11-23T02:30:00Z')), '2026-11-22');
  assert.equal(todayInBrazil(Date.parse('2026-11-23T03:30:00Z')), '2026-11-23');
});

test('days go over months, years and leap days', () => {
  assert.equal(daysAfter('2026-12-31', 1), '2027-01-01');
  assert.equal(daysAfter('2028-02-28', 1), '2028-02-29');
  assert.deepEqual(nextDays('2026-11-29', 3), ['2026-11-29', '2026-11-30', '2026-12-01']);
});

test('a date that no calendar has is not a day', () => {
  assert.ok(isDay('2028-02-29'));
  for (const text of [undefined, '', 'banana', '2026-02-30', '2026-13-01', '2026-1-1']) assert.ok(!isDay(text), text);
});

test('the nearest day may be before or after; of two as near, the later', () => {
  const days = ['2026-11-20', '2026-11-24', '2026-11-30'];
  assert.equal(nearestDay(days, '2026-11-21'), '2026-11-20');
  assert.equal(nearestDay(days, '2026-11-22'), '2026-11-24');
  assert.equal(nearestDay(days, '2026-12-25'), '2026-11-30');
  assert.equal(nearestDay([], '2026-11-22'), null);
});
