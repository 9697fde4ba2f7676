import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder } from './make-folder.ts';

const base = await mkdtemp(join(tmpdir(), 'poltrona-folder-'));
after(() => rm(base, { recursive: true, force: true }));

test('missing folders are made with the mode asked for, and made again without complaint', async () => {
  const folder = join(base, 'a/b');
  await Promise.all([makeFolder(folder, 0o700), makeFolder(folder, 0o700)]);
  await makeFolder(folder, 0o700);
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
});

test('a folder that takes no folders is an error at once, never an endless try', async () => {
  await writeFile(join(base, 'file'), '');
  await assert.rejects(makeFolder(join(base, 'file/x'), 0o700), { code: 'ENOTDIR' });
  if (process.platform === 'linux') await assert.rejects(makeFolder('/proc/nope/deeper', 0o700), { code: 'ENOENT' });
});
