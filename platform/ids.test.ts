import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, newShardedId, shardOf } from './ids.ts';

test('a sharded id carries its shard, sorts by time, and a plain id carries none', () => {
  const id = newShardedId(4_000_000_001, 1_000);
  assert.equal(shardOf(id), 4_000_000_001);
  assert.ok(newShardedId(1, 2_000) > newShardedId(9, 1_000));
  assert.equal(shardOf(newId()), null);
  assert.equal(shardOf('not an id'), null);
});

test('ten thousand ids of one millisecond are all different', () => {
  assert.equal(new Set(Array.from({ length: 10_000 }, () => newShardedId(7, 5))).size, 10_000);
});
