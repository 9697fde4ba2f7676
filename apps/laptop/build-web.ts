import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { Fault } from '#platform/fault';
import { inheritedEnvironment } from './config.ts';

const SOURCES = ['apps/web/{src,public}/**/*', 'apps/web/*.json', 'contracts/**/*.ts', 'package-lock.json'];
const COMPRESSED = /\.(js|css|html|svg|json|webmanifest|wasm|txt)$/;
/** Smaller files do not fit fewer network packets when compressed. */
const COMPRESSED_BYTES_MIN = 1_024;

/**
 * Builds the web application when its sources are not those of the last build. True when it built. `signal` ends a
 * build that nobody waits for any more; the next start builds anew.
 */
export async function buildWebWhenNeeded(root: string, signal?: AbortSignal): Promise<boolean> {
  const hash = await hashOfSources(root);
  const mark = join(root, 'apps/web/dist/sources.sha256');
  if ((await readFile(mark, 'utf8').catch(() => '')) === hash) return false;
  await runBuild(root, signal);
  await compressFolder(join(root, 'apps/web/dist/browser'));
  await writeFile(mark, hash);
  return true;
}

async function hashOfSources(root: string): Promise<string> {
  const paths: string[] = [];
  for (const pattern of SOURCES) {
    for await (const entry of glob(pattern, { cwd: root, withFileTypes: true })) {
      if (entry.isFile()) paths.push(join(entry.parentPath, entry.name));
    }
  }
  const hash = createHash('sha256');
  for (const path of paths.sort())
    hash
      .update(path.slice(root.length))
      .update('\0')
      .update(await readFile(path));
  return hash.digest('hex');
}

async function runBuild(root: string, signal?: AbortSignal): Promise<void> {
  const lines: string[] = [];
  const child = spawn(process.execPath, [join(root, 'node_modules/@angular/cli/bin/ng.js'), 'build'], {
    cwd: join(root, 'apps/web'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inheritedEnvironment(), NG_CLI_ANALYTICS: 'false', CI: 'true' },
    ...(signal ? { signal } : {}),
  });
  // An abort is also told as an error; what counts is how the build closes.
  child.on('error', (error) => lines.push(error.message));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => lines.push(data.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code === 0) return;
  throw new Fault('web_not_built', {
    retryable: false,
    message: `The web application does not build:\n${lines.join('').slice(-4_000)}`,
  });
}

const [brotli, zip] = [promisify(brotliCompress), promisify(gzip)];

/** Writes a .br and a .gz beside every text file, so that serving costs no CPU. */
export async function compressFolder(folder: string): Promise<void> {
  for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true })) {
    if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    if (content.length < COMPRESSED_BYTES_MIN) continue;
    // Quality 9 of 11: the last two cost ten times the time for 3% of the size.
    const packed = await brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } });
    await writeFile(`${path}.br`, packed);
    await writeFile(`${path}.gz`, await zip(content, { level: 9 }));
  }
}
