import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serialize } from 'node:v8';
import { asciiJson } from './ascii-json.ts';
import { ownText } from './own-copy.ts';

test('a copy of a text is the same text, whatever its letters', () => {
  for (const text of ['', 'plain', 'ação', 'Ā≠\u0000', '日本', '😀', 'a\ud800', 'a\ud801'])
    assert.equal(ownText(text), text);
});

/** How v8.serialize marks a text of one byte a character, after its two bytes of version. */
const ONE_BYTE = '"'.charCodeAt(0);

test('JSON in ASCII is one byte a character and says the same', () => {
  for (const value of ['ação', '’', '😀', '\ud800', '\u2028', '\u007f', { título: ['é', 1, null] }]) {
    const json = asciiJson(value);
    assert.match(json, /^[\x20-\x7f]*$/);
    assert.equal(Buffer.byteLength(json), json.length);
    assert.equal(serialize(json)[2], ONE_BYTE, `${json} takes one byte a character in memory`);
    assert.deepEqual(JSON.parse(json), value);
  }
});
