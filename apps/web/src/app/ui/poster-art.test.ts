import assert from 'node:assert/strict';
import test from 'node:test';
import { posterArt } from './poster-art.ts';

test('the same title gives the same poster and other titles give others', () => {
  assert.deepEqual(posterArt('Metrópolis'), posterArt('Metrópolis'));
  const looks = ['Metrópolis', 'Nosferatu', 'O Gabinete do Dr. Caligari', 'Limite', 'Viagem à Lua'].map((title) => {
    const art = posterArt(title);
    return `${art.ground} ${art.motif}`;
  });
  assert.ok(new Set(looks).size >= 4, looks.join(', '));
});

test('words are never broken, never lost and fit the poster', () => {
  for (const title of ['Ó', 'O Nascimento de uma Nação Extraordinariamente Grande', 'Inconstitucionalissimamente']) {
    const art = posterArt(title);
    assert.equal(art.lines.join(' '), title);
    for (const line of art.lines) assert.ok(line.length * art.fontSize * 0.64 <= 165, `${line} at ${art.fontSize}`);
  }
});

test('a hostile title of a thousand letters still gives a poster', () => {
  assert.ok(posterArt('x'.repeat(1000)).lines[0]!.length < 30);
  assert.ok(posterArt('').lines.length <= 1);
});
