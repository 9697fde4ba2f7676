import assert from 'node:assert/strict';
import test from 'node:test';
import { daysAfter, nextDays, todayInBrazil } from './cinema-days.ts';

test('it is still yesterday in Brazil in the first hours of the day in London', () => {
  assert.equal(todayInBrazil(Date.parse('2026-11-23T02:30:00Z')), '2026-11-22');
  assert.equal(todayInBrazil(Date.parse('2026-11-23T03:30:00Z')), '2026-11-23');
});

test('days go over months, years and leap days', () => {
  assert.equal(daysAfter('2026-12-31', 1), '2027-01-01');
  assert.equal(daysAfter('2028-02-28', 1), '2028-02-29');
  assert.deepEqual(nextDays('2026-11-29', 3), ['2026-11-29', '2026-11-30', '2026-12-01']);
});
