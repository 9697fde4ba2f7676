import { readdir, readFile } from 'node:fs/promises';

// Processor time as the kernel counts it, in milliseconds. What others do on the machine costs wall time, not this.

const MS_PER_TICK = 10; // USER_HZ is 100 in every Linux that is built today.

type Stat = { parent: number; own: number; ended: number };

/** Whether this system tells what processes used; elsewhere than on Linux there is no /proc. */
export const cpuTimeIsKnown = () =>
  readFile('/proc/self/stat').then(
    () => true,
    () => false,
  );

/** Processor time that a process has used so far, all its threads. */
export async function cpuMsOf(pid: number): Promise<number> {
  return ((await statOf(pid))?.own ?? 0) * MS_PER_TICK;
}

/**
 * Of a process, its living children and those that have ended: a PostgreSQL server with all its backends. A child that
 * ends while we read moves from its own line to its parent's, and could be missed or counted twice; then we read again.
 */
export async function cpuMsOfFamily(pid: number): Promise<number> {
  for (;;) {
    const before = await statOf(pid);
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const stats = await Promise.all(names.map((name) => statOf(Number(name))));
    const after = await statOf(pid);
    if (!before || !after) return 0;
    if (after.ended !== before.ended) continue;
    const children = stats.reduce((sum, stat) => sum + (stat?.parent === pid ? stat.own : 0), 0);
    return (after.own + after.ended + children) * MS_PER_TICK;
  }
}

// proc_pid_stat(5), counted from the state that follows the name in parentheses: ppid 1, utime 11, stime 12, cutime 13,
// cstime 14.
async function statOf(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index]);
  return { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
}
