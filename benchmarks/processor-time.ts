import { readdir, readFile } from 'node:fs/promises';

const TICKS_PER_SECOND = 100;

/** Seconds of processor time a process and all its descendants have used; null where there is no /proc. */
export async function processorSeconds(pid: number): Promise<number | null> {
  const processes = await readProcesses();
  if (!processes) return null;
  const family = new Set([pid]);
  // Parents come before children only by chance, so until nothing is added.
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const process of processes) if (family.has(process.parent)) family.add(process.pid);
  }
  let ticks = 0;
  for (const process of processes) if (family.has(process.pid)) ticks += process.ticks;
  return ticks / TICKS_PER_SECOND;
}

/** Megabytes of memory that a process holds now; NaN where there is no /proc. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

async function readProcesses() {
  try {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)));
    return lines.flatMap((line) => {
      if (line === null) return [];
      // The name is in parentheses and may hold anything; what follows it is numbers.
      const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
      // Of itself, and of children that have ended and were waited for.
      const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
      return [{ pid: Number.parseInt(line, 10), parent: Number(fields[1]), ticks }];
    });
  } catch {
    return null;
  }
}
