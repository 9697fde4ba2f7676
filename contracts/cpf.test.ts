import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { maskCpf, parseCpf } from './cpf.ts';

test('a CPF is read with and without its mask; length, letters, check digits and repeated digits are refused', () => {
  assert.equal(parseCpf('529.982.247-25'), '52998224725');
  assert.equal(parseCpf(' 52998224725 '), '52998224725');
  for (const text of [
    '52998224724',
    '5299822472',
    '529982247255',
    '529-982-247.25',
    '529.982.24725',
    '',
    '٥٢٩٩٨٢٢٤٧٢٥',
  ]) {
    assert.equal(parseCpf(text), null, text);
  }
  for (let digit = 0; digit < 10; digit += 1) assert.equal(parseCpf(String(digit).repeat(11)), null);
  assert.equal(maskCpf('52998224725'), '***.982.247-**');
});

const file = new URL('../../shared/data/hostile/br_documents.csv', import.meta.url);
const skip = existsSync(file) ? false : 'needs ../shared';

test('every verdict on a CPF in the shared list of documents is ours', { skip }, () => {
  const rows = readFileSync(file, 'utf8')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','))
    .filter(([kind]) => kind === 'cpf');
  assert.ok(rows.length > 5);
  for (const [, value, valid, note] of rows) {
    assert.equal(parseCpf(value!) !== null, valid === 'True', `${value} (${note})`);
  }
});
