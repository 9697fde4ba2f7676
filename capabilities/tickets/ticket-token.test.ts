import assert from 'node:assert/strict';
import { test } from 'node:test';
import base45 from 'base45';
import fc from 'fast-check';
import {
  formatCode,
  newTicketSigningKey,
  parseCode,
  publishedKeys,
  readRevocations,
  readTicketKeys,
  signRevocations,
  signToken,
  verifyToken,
} from './index.ts';

const signingKey = newTicketSigningKey();
const keys = readTicketKeys({ signingKey });
const CODE_MAX = 2 ** 50 - 1;
const claims = fc.record(
  {
    code: fc.integer({ min: 0, max: CODE_MAX }),
    screeningId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    seatNo: fc.integer({ min: 1, max: 5000 }),
    validUntil: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    generation: fc.integer({ min: 1, max: 2 ** 15 - 1 }),
  },
  { noNullPrototype: true },
);

test('a token says what was signed, in 84 bytes and 126 characters of QR alphanumeric mode', () => {
  fc.assert(
    fc.property(claims, (said) => {
      const token = signToken(keys, said);
      assert.equal(base45.decode(token).length, 84);
      assert.match(token, /^[0-9A-Z $%*+\-./:]{126}$/);
      assert.deepEqual(verifyToken(keys, token), said);
    }),
  );
});

test('a token with any one bit turned is refused', () => {
  const token = signToken(keys, { code: 123, screeningId: 7, seatNo: 9, validUntil: 1_800_000_000, generation: 1 });
  const bytes = base45.decode(token);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const forged = Buffer.from(bytes);
    forged[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(verifyToken(keys, base45.encode(forged)), null, `bit ${bit}`);
  }
});

test('a token with any one character changed is refused, though the decoder takes some of them', () => {
  const token = signToken(keys, { code: 5, screeningId: 7, seatNo: 9, validUntil: 1_800_000_000, generation: 1 });
  fc.assert(
    fc.property(
      fc.nat(token.length - 1),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      (at, character) => {
        fc.pre(character !== token[at]);
        assert.equal(verifyToken(keys, token.slice(0, at) + character + token.slice(at + 1)), null);
      },
    ),
    { numRuns: 2000 },
  );
});

test('no text makes verification or parsing throw, and none passes', () => {
  const alphanumeric = fc.string({
    unit: fc.constantFrom(...'0123456789ABC $%*+-./:'.split('')),
    minLength: 126,
    maxLength: 126,
  });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), alphanumeric), (text) => {
      assert.equal(verifyToken(keys, text), null);
      parseCode(text);
    }),
    { numRuns: 2000 },
  );
});

test('a token of another house is refused, and one of an older key of ours is taken', () => {
  const said = { code: 5, screeningId: 7, seatNo: 9, validUntil: 1_800_000_000, generation: 1 };
  const token = signToken(keys, said);
  const nextKey = newTicketSigningKey();
  assert.equal(verifyToken(readTicketKeys({ signingKey: nextKey }), token), null);
  const olderKeys = [spki(publishedKeys(keys)[0]!.publicKey)];
  const rotated = readTicketKeys({ signingKey: nextKey, olderKeys });
  assert.deepEqual(verifyToken(rotated, token), said);
  assert.deepEqual(verifyToken(rotated, signToken(rotated, said)), said);
  assert.equal(publishedKeys(rotated).length, 2);
});

test('what is not an Ed25519 key is refused without showing it', () => {
  for (const wrong of ['', 'c2VjcmV0', spki(publishedKeys(keys)[0]!.publicKey)]) {
    assert.throws(
      () => readTicketKeys({ signingKey: wrong }),
      (error: Error) => !wrong || !error.message.includes(wrong),
    );
  }
});

test('a code is read back however it is typed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: CODE_MAX }), (code) => {
      const text = formatCode(code);
      assert.match(text, /^[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}$/);
      assert.equal(parseCode(text), code);
      const typed = text.toLowerCase().replace('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      assert.equal(parseCode(typed), code);
    }),
  );
  for (const wrong of ['', '0000-00000', '00000-0000U', '00000-000000', '0000\u0000-00000']) {
    assert.equal(parseCode(wrong), null, wrong);
  }
});

test('a revocation list is read back, small, and refused with any one bit turned', () => {
  const generationOfSeat = new Map([
    [1, 1],
    [8, 2],
    [300, 1],
  ]);
  const list = signRevocations(keys, { screeningId: 7, madeAt: 1_800_000_000, generationOfSeat }, 300);
  assert.equal(list.length, 119);
  assert.deepEqual(readRevocations(keys, list), { screeningId: 7, madeAt: 1_800_000_000, generationOfSeat });
  for (let bit = 0; bit < list.length * 8; bit += 1) {
    const forged = Buffer.from(list);
    forged[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(readRevocations(keys, forged), null, `bit ${bit}`);
  }
});

/** A raw public key as SPKI in base64. */
function spki(raw: string): string {
  return Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(raw, 'base64url')]).toString(
    'base64',
  );
}
