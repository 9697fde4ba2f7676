import assert from 'node:assert/strict';
import test from 'node:test';
import { maskWhileTyping } from './cpf-mask.ts';

test('draws the mask as digits come and leaves no sign hanging', () => {
  assert.equal(maskWhileTyping('529'), '529');
  assert.equal(maskWhileTyping('5299'), '529.9');
  assert.equal(maskWhileTyping('529982247'), '529.982.247');
  assert.equal(maskWhileTyping('529.982.247-25999'), '529.982.247-25');
  assert.equal(maskWhileTyping('abc'), '');
});
