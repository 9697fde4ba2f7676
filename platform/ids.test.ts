import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newId, newShardedId, SHARD_MAX, shardOf } from './ids.ts';

test('a sharded id carries its shard, sorts by time, and a plain id carries none', () => {
  const id = newShardedId(SHARD_MAX, 1_000);
  assert.equal(shardOf(id), SHARD_MAX);
  assert.ok(newShardedId(1, 2_000) > newShardedId(9, 1_000));
  assert.equal(shardOf(newId()), null);
  assert.equal(shardOf('not an id'), null);
});

test('a shard is a positive int4: no other is put into an id, and a made-up id with another carries none', () => {
  for (const shard of [0, -1, 1.5, SHARD_MAX + 1]) assert.throws(() => newShardedId(shard), /positive int4/);
  const withShard = (hex: string) => newShardedId(1).slice(0, 28) + hex;
  assert.equal(shardOf(withShard('7fffffff')), SHARD_MAX);
  for (const hex of ['00000000', '80000000', 'ffffffff']) assert.equal(shardOf(withShard(hex)), null, hex);
});

test('ten thousand ids of one millisecond are all different', () => {
  assert.equal(new Set(Array.from({ length: 10_000 }, () => newShardedId(7, 5))).size, 10_000);
});
