import assert from 'node:assert/strict';
import test from 'node:test';
import { safeReturn } from './safe-return.ts';

test('goes back to our own pages and nowhere else', () => {
  assert.equal(safeReturn('/pedido/1/pagar?x=1'), '/pedido/1/pagar?x=1');
  for (const evil of [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '',
    undefined,
  ]) {
    assert.equal(safeReturn(evil), '/');
  }
  assert.equal(safeReturn('/entrar?volta=/entrar'), '/');
});
