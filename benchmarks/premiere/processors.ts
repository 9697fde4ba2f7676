import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/**
 * Whose processors are whose. By default the house and the load generator share them all, and what the generator takes
 * to offer twice as much is missing in the house: then the house can do less only because it is measured. Apart, the
 * generator has the first processor for itself and the house the others, as people's phones are not in the cinema.
 */
export type Processors = {
  /** What the generator's command begins with. */
  generatorPrefix: readonly string[];
  /** As it is printed: how many of them the house has. */
  house: number;
};

/** With `apart`, binds this process and all that it starts from now on; needs taskset (util-linux) and two processors. */
export function shareProcessors(apart: boolean): Processors {
  const count = cpus().length;
  if (!apart) return { generatorPrefix: [], house: count };
  if (count < 2) throw new Error('--apart needs two processors');
  const others = `1-${count - 1}`;
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', others, String(process.pid)], { stdio: 'ignore' });
  return { generatorPrefix: ['taskset', '--cpu-list', '0'], house: count - 1 };
}
