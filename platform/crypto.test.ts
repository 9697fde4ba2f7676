import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createSealer, deriveKey, keyedHash, readKey, sameBytes } from './crypto.ts';

const oldKey = randomBytes(32);
const newKey = randomBytes(32);

test('what was sealed opens with the same context, never with another, and two seals of one text differ', () => {
  const sealer = createSealer(new Map([[1, oldKey]]), 1);
  const sealed = sealer.seal('52998224725', 'account-a');
  assert.equal(sealer.open(sealed, 'account-a'), '52998224725');
  assert.throws(() => sealer.open(sealed, 'account-b'));
  assert.notDeepEqual(sealer.seal('52998224725', 'account-a'), sealed);
  assert.equal(sealed.includes('52998224725'), false);
});

test('one changed bit anywhere is noticed', () => {
  const sealer = createSealer(new Map([[1, oldKey]]), 1);
  const sealed = sealer.seal('secret', 'x');
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    assert.throws(() => sealer.open(changed, 'x'), `byte ${index}`);
  }
  assert.throws(() => sealer.open(sealed.subarray(0, 10), 'x'));
});

test('after a key rotation old values still open and new ones use the new key', () => {
  const sealed = createSealer(new Map([[1, oldKey]]), 1).seal('secret', 'x');
  const rotated = createSealer(
    new Map([
      [1, oldKey],
      [2, newKey],
    ]),
    2,
  );
  assert.equal(rotated.open(sealed, 'x'), 'secret');
  assert.equal(rotated.seal('secret', 'x')[1], 2);
  assert.throws(() => createSealer(new Map([[2, newKey]]), 2).open(sealed, 'x'));
});

test('keys are read from base64 and hex, and a wrong one is refused without being shown', () => {
  assert.deepEqual(readKey('K', oldKey.toString('base64')), oldKey);
  assert.deepEqual(readKey('K', oldKey.toString('hex')), oldKey);
  assert.throws(
    () => readKey('K', 'tooshortsecret'),
    (error: Error) => !error.message.includes('tooshortsecret'),
  );
});

test('hashes differ by key and by purpose', () => {
  assert.notDeepEqual(keyedHash(oldKey, 'a'), keyedHash(newKey, 'a'));
  assert.notDeepEqual(deriveKey(oldKey, 'a'), deriveKey(oldKey, 'b'));
  assert.equal(keyedHash(oldKey, 'a', 16).length, 16);
  assert.equal(sameBytes(Buffer.from('a'), Buffer.from('ab')), false);
});
