import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Milliseconds of the machine's monotonic clock, the same in every process of it. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Says in words what to do when one process may not open so many files; node itself raises the soft limit. */
export function refuseFewFiles(needed: number): void {
  const hard = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (hard === 'unlimited' || Number(hard) >= needed) return;
  throw new Error(`One process may open ${hard} files here and ${needed} are needed: raise it (ulimit -Hn ${needed}).`);
}

/** Seconds that the main thread of a process was ready to run and no processor was free: what others took from it. */
export async function waitedSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/schedstat`, 'utf8').catch(() => '');
  return Number(text.split(' ')[1] ?? 0) / 1e9;
}
