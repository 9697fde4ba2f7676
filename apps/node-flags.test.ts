import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API_NODE_FLAGS, missingFlags } from './node-flags.ts';

test('whoever starts the API without its flags is told which', () => {
  assert.deepEqual(missingFlags(API_NODE_FLAGS), []);
  const [first, ...others] = API_NODE_FLAGS;
  assert.deepEqual(missingFlags(['--import', './x.ts', ...others]), [first]);
});
