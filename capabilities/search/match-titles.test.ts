import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { fold } from './fold.ts';
import { createTitleIndex } from './match-titles.ts';
import { trigramsOf, wordSimilarity } from './trigrams.ts';

const db = await testDatabase();

/** The same sequence for the same seed (mulberry32). */
function randomOf(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

// Few letters, so that trigrams repeat and runs compete.
function somePairs(count: number): [string, string][] {
  const random = randomOf(7);
  const word = () => Array.from({ length: 1 + random(7) }, () => 'abcdn1'[random(6)]).join('');
  const text = (words: number) => Array.from({ length: 1 + random(words) }, word).join([' ', ' - ', ', '][random(3)]);
  return Array.from({ length: count }, () => [text(3), text(6)]);
}

test('word similarity is that of PostgreSQL', async () => {
  const pairs: [string, string][] = [
    ['calegari', 'o gabinete do dr. caligari'],
    ['nosfreatu', 'nosferatu, uma sinfonia do horror'],
    ['x', ''],
    ...somePairs(5_000),
  ];
  const rows = await db.rows<{ likeness: number }>(
    `select word_similarity(a, b) as likeness from unnest($1::text[], $2::text[]) with ordinality as p(a, b, n) order by n`,
    [pairs.map((pair) => pair[0]), pairs.map((pair) => pair[1])],
  );
  let between = 0;
  pairs.forEach(([typed, title], index) => {
    const ours = wordSimilarity(new Set(trigramsOf(typed)), trigramsOf(title)) || 0;
    const theirs = rows[index]!.likeness;
    assert.ok(Math.abs(ours - theirs) < 1e-6, `'${typed}' in '${title}': ${ours}, PostgreSQL says ${theirs}`);
    if (theirs > 0 && theirs < 1) between += 1;
  });
  assert.ok(between > 1_000, `only ${between} pairs say something`);
});

test('folding is that of PostgreSQL for what people type', async () => {
  const texts = ['O ENCOURAÇADO', 'Amélie', 'Żółw', 'Straße', 'œuvre', 'Ærø', 'ÀÉÎÕÜÑ', 'ﬁlme', '100% _x_'];
  for (const text of texts) {
    const row = await db.row<{ folded: string }>('select catalog.fold($1) as folded', [text]);
    assert.equal(fold(text), row!.folded, text);
  }
  assert.equal(fold('  o \t encouraçado  '), 'o encouracado');
});

test('an index finds by trigrams what comparing every title finds', () => {
  const index = createTitleIndex();
  const titles = somePairs(400).map(([, title]) => title);
  titles.forEach((title, movieId) => index.set(movieId, title, null));
  let guessed = 0;
  for (const [typed] of somePairs(600)) {
    if (typed.length < 4 || titles.some((title) => title.includes(typed))) continue;
    const expected = titles.flatMap((title, movieId) => {
      const rank = wordSimilarity(new Set(trigramsOf(typed)), trigramsOf(title));
      return rank >= 0.4 ? [[movieId, rank] as const] : [];
    });
    assert.deepEqual(
      [...index.match(typed)].sort((a, b) => a[0] - b[0]),
      expected,
      typed,
    );
    guessed += expected.length;
  }
  assert.ok(guessed > 100);
});

test('a title that goes or changes is no longer found as it was', () => {
  const index = createTitleIndex();
  index.set(1, 'Limite', null);
  index.set(2, 'Ganga Bruta', 'Rough Diamond');
  assert.deepEqual([...index.match('limite')], [[1, 4]]);
  assert.deepEqual([...index.match('diamond')], [[2, 2.5]]);
  assert.deepEqual([...index.match('limiti')].length, 1);
  index.set(1, 'Aurora', null);
  index.remove(2);
  assert.deepEqual([index.match('limite').size, index.match('limiti').size, index.match('diamond').size], [0, 0, 0]);
  assert.deepEqual([...index.match('aurora')], [[1, 4]]);
});
