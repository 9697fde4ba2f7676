import assert from 'node:assert/strict';
import test from 'node:test';
import { addressOf, csvAddress, queryOf, readFilter, turnSort } from './order-filter.ts';

test('an address and its filter say the same, and nonsense falls back to the newest first', () => {
  const filter = readFilter({ q: ' ana@x.example ', estado: 'paid', ordem: 'total', pagina: '3' });
  assert.deepEqual(filter, { q: 'ana@x.example', state: 'paid', sort: 'total', page: 3 });
  assert.deepEqual(addressOf(filter), { q: 'ana@x.example', estado: 'paid', ordem: 'total', pagina: 3 });
  const fallback = readFilter({ ordem: 'drop table', pagina: '-1' });
  assert.deepEqual(fallback, { q: '', state: '', sort: '-created', page: 1 });
  assert.deepEqual(addressOf(fallback), { q: null, estado: null, ordem: null, pagina: null });
});

test('the file holds every page of the same choice', () => {
  const filter = readFilter({ q: 'a&b', estado: 'paid', pagina: '4' });
  assert.equal(csvAddress(filter), '/api/admin/orders.csv?q=a%26b&state=paid&sort=-created');
  assert.equal(queryOf(filter)['page'], 4);
});

test('a heading sorts downwards first and turns at the second press', () => {
  assert.equal(turnSort('-created', 'total'), '-total');
  assert.equal(turnSort('-total', 'total'), 'total');
  assert.equal(turnSort('total', 'total'), '-total');
});
