import assert from 'node:assert/strict';
import test from 'node:test';
import { addressOf, fileOf, questionOf, readFilter, turnSort } from './order-filter.ts';

test('an address and its filter say the same, and nonsense falls back to the newest first', () => {
  const filter = readFilter('', { estado: 'paid', ordem: 'total', pagina: '3' });
  assert.deepEqual(filter, { q: '', state: 'paid', sort: 'total', page: 3 });
  assert.deepEqual(addressOf(filter), { estado: 'paid', ordem: 'total', pagina: 3 });
  const fallback = readFilter('', { ordem: 'drop table', pagina: '-1' });
  assert.deepEqual(fallback, { q: '', state: '', sort: '-created', page: 1 });
  assert.deepEqual(addressOf(fallback), { estado: null, ordem: null, pagina: null });
});

test('a question is asked but never stands in the address; the history entry gives it back', () => {
  const filter = readFilter(' ana@x.example ', { estado: 'paid' });
  assert.equal(filter.q, 'ana@x.example');
  assert.ok(!JSON.stringify(addressOf(filter)).includes('ana'));
  assert.equal(questionOf({ navigationId: 3, q: 'ana@x.example' }), 'ana@x.example');
  for (const state of [null, undefined, {}, { q: 7 }]) assert.equal(questionOf(state), '');
});

test('the file holds every page of the same choice', () => {
  const filter = readFilter('a&b', { estado: 'paid', pagina: '4' });
  assert.deepEqual(fileOf(filter), { q: 'a&b', state: 'paid', sort: '-created' });
});

test('a heading sorts downwards first and turns at the second press', () => {
  assert.equal(turnSort('-created', 'total'), '-total');
  assert.equal(turnSort('-total', 'total'), 'total');
  assert.equal(turnSort('total', 'total'), '-total');
});
