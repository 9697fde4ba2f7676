import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes `folder` and the folders above it. Node's own `recursive` never comes back where a folder exists but takes no
 * new ones and says ENOENT (/proc); here the first refusal is the answer.
 */
export async function makeFolder(folder: string, mode: number): Promise<void> {
  const missing: string[] = [];
  let path = resolve(folder);
  for (; !(await isThere(path)); path = dirname(path)) missing.push(path);
  for (const next of missing.reverse()) {
    await mkdir(next, { mode }).catch((error: NodeJS.ErrnoException) => {
      // Another process made it in the meantime.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return false;
    throw error;
  }
}
