import { readdir, readFile } from 'node:fs/promises';

// Processor time as the kernel counts it. What others do on the machine costs wall time, not this.

const TICKS_PER_SECOND = 100; // USER_HZ is 100 in every Linux that is built today.

type Stat = { pid: number; parent: number; own: number; ended: number };

/**
 * Seconds of processor time that a process and all its descendants have used: an API process, a PostgreSQL server with
 * its backends. Null where there is no /proc, or no such process. A child that ends while we read moves from its own
 * line to its parent's, and could be missed or counted twice; then we read again.
 */
export async function processorSeconds(pid: number): Promise<number | null> {
  for (;;) {
    const before = await statOf(pid);
    if (!before) return null;
    const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const stats = (await Promise.all(names.map((name) => statOf(Number(name))))).filter((stat) => stat !== null);
    const after = await statOf(pid);
    if (!after) return null;
    if (after.ended !== before.ended) continue;
    const family = new Set([pid]);
    // Parents come before children only by chance, so until nothing is added.
    for (let size = 0; size !== family.size; ) {
      size = family.size;
      for (const stat of stats) if (family.has(stat.parent)) family.add(stat.pid);
    }
    const ticks = stats.reduce((sum, stat) => sum + (family.has(stat.pid) ? stat.own + stat.ended : 0), 0);
    return ticks / TICKS_PER_SECOND;
  }
}

/** Bytes of memory that a process holds now; NaN where there is no /proc. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024;
}

// proc_pid_stat(5), counted from the state that follows the name in parentheses, which may hold anything: ppid 1,
// utime 11, stime 12; of children that have ended and were waited for: cutime 13, cstime 14.
async function statOf(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index]);
  return { pid, parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) };
}
