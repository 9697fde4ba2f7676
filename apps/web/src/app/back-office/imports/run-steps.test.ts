import assert from 'node:assert/strict';
import test from 'node:test';
import type { ImportError, ImportRun } from '#contracts/imports';
import { bytesText, codesOf, detailOf, filterErrors, refusedAtOnce, secondsToGo, stepOf } from './run-steps.ts';

const run = (facts: Partial<ImportRun>) => ({ dryRun: true, rowsDone: 0, ...facts }) as ImportRun;

test('the choices of a field and the screening in the way come out of the message; other messages add nothing', () => {
  assert.equal(detailOf({ code: 'not_a_choice', message: 'must be one of dublado, leg' }), 'dublado, leg');
  const message = 'the auditorium shows something else at that time: Duna: parte 2, 20h30';
  assert.equal(detailOf({ code: 'overlaps_screening', message }), 'Duna: parte 2, 20h30');
  assert.equal(detailOf({ code: 'movie_ambiguous', message: 'several: use the code' }), null);
});

test('a planned run shows what was understood before its plan, and the address can ask for the plan', () => {
  assert.equal(stepOf(run({ status: 'planned' }), undefined), 1);
  assert.equal(stepOf(run({ status: 'planned' }), 'plano'), 2);
  assert.equal(stepOf(run({ status: 'applying' }), 'plano'), 3);
  assert.equal(stepOf(run({ status: 'refused' }), undefined), 0);
  assert.equal(stepOf(run({ status: 'planning' }), undefined), 1);
  assert.equal(stepOf(run({ status: 'planning', dryRun: false }), 'plano'), 3, 'approved: read again, then written');
});

test('a plan that was thrown away is no result', () => {
  assert.equal(stepOf(run({ status: 'cancelled' }), undefined), 2);
  assert.equal(stepOf(run({ status: 'cancelled', dryRun: false, rowsDone: 40 }), undefined), 3);
});

test('the time to go is unknown without a speed, and never negative', () => {
  assert.equal(secondsToGo({ rows: 1000, rowsDone: 400, rowsPerSecond: 100 }), 6);
  assert.equal(secondsToGo({ rows: 1000, rowsDone: 400, rowsPerSecond: 0 }), null);
  assert.equal(secondsToGo({ rows: 10, rowsDone: 12, rowsPerSecond: 5 }), null);
});

const errors: ImportError[] = [
  { row: 12, column: 'data', code: 'not_a_date', severity: 'error', value: '31/02/2026', message: '' },
  { row: 120, column: 'sala', code: 'auditorium_unknown', severity: 'error', value: 'Sala 12', message: '' },
  { row: 7, column: null, code: 'merged_with_row', severity: 'warning', value: null, message: '' },
  { row: 13, column: 'data', code: 'not_a_date', severity: 'error', value: 'amanhã', message: '' },
];

test('a number finds its row, not rows that begin with it, and also values', () => {
  const rows = (text: string) => filterErrors(errors, { text, code: '', severity: '' }).map((error) => error.row);
  assert.deepEqual(rows('12'), [12, 120]);
  assert.deepEqual(rows('7'), [7]);
  assert.deepEqual(rows('DATA'), [12, 13]);
});

test('code and severity narrow together', () => {
  assert.equal(filterErrors(errors, { text: '', code: 'not_a_date', severity: 'error' }).length, 2);
  assert.equal(filterErrors(errors, { text: '', code: 'not_a_date', severity: 'warning' }).length, 0);
});

test('the commonest code comes first', () => {
  assert.deepEqual(codesOf(errors)[0], { code: 'not_a_date', count: 2 });
});

test('bytes are written as people read them', () => {
  assert.equal(bytesText(900, 'pt-BR'), '900 B');
  assert.equal(bytesText(1_536, 'pt-BR'), '1,5 kB');
  assert.equal(bytesText(60_000_000, 'en'), '60 MB');
});

test('an empty file and one beyond the limit are refused before they are sent', () => {
  assert.equal(refusedAtOnce({ size: 0 }), 'file_empty');
  assert.equal(refusedAtOnce({ size: 512 * 1024 * 1024 + 1 }), 'file_too_large');
  assert.equal(refusedAtOnce({ size: 512 * 1024 * 1024 }), null);
});
