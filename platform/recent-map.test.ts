import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRecentMap } from './recent-map.ts';

test('what is used stays, what is not goes, and there are never more than about max', () => {
  const forgotten: string[] = [];
  const map = createRecentMap<string, number>(4, (_value, key) => forgotten.push(key));
  map.set('used', 0);
  for (let n = 1; n <= 20; n += 1) {
    map.set(`once ${n}`, n);
    assert.equal(map.get('used'), 0);
    assert.ok(map.size() <= 5);
  }
  assert.equal(map.get('once 1'), undefined);
  assert.equal(map.get('once 20'), 20);
  assert.ok(forgotten.includes('once 1') && !forgotten.includes('used') && !forgotten.includes('once 20'));
});

test('a value set again is the new one, whichever generation had it; a deleted one is gone', () => {
  const map = createRecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  assert.equal(map.get('a'), 3);
  map.delete('a');
  map.delete('b');
  assert.deepEqual([map.get('a'), map.get('b'), map.size()], [undefined, undefined, 0]);
  map.set('c', 4);
  map.clear();
  assert.equal(map.get('c'), undefined);
});
