import assert from 'node:assert/strict';
import test from 'node:test';
import { typedSecret, wayBack } from './way-back.ts';

test('after signing in a person goes back to the wished page of ours, never to another site', () => {
  assert.equal(wayBack('/admin/pedidos?pagina=2', 'manager'), '/admin/pedidos?pagina=2');
  assert.equal(wayBack(undefined, 'administrator'), '/admin');
  for (const outside of ['//evil.example', '/\\evil.example', 'https://evil.example', 'admin']) {
    assert.equal(wayBack(outside, 'manager'), '/admin');
  }
});

test('an usher ends at the door, also when the wish was the back office', () => {
  assert.equal(wayBack('/admin', 'usher'), '/porta');
  assert.equal(wayBack(undefined, 'usher'), '/porta');
  assert.equal(wayBack('/porta/7', 'usher'), '/porta/7');
});

test('the secret is shown in groups that can be typed', () => {
  assert.equal(typedSecret('otpauth://totp/Poltrona:a?issuer=P&secret=ABCDEFGHIJ&digits=6'), 'ABCD EFGH IJ');
  assert.equal(typedSecret(undefined), '');
});
