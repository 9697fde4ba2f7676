import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '#testing/database';

/** A process of the product that is started again whenever it dies. */
export type Kept = {
  readonly name: string;
  /** kill -9. */
  kill(): void;
  /** Stands still for so long, as on a disk that does not answer, then goes on. */
  freeze(ms: number): Promise<void>;
  /** Ends it, and starts it with a clock that is wrong by so much from then on. */
  shiftClock(ms: number): void;
  stop(): Promise<void>;
};

const RESTART_MS = 150;

export function keep(options: {
  name: string;
  main: string;
  /** For node itself. */
  flags?: readonly string[];
  environment: Record<string, string>;
  onLine: (line: string) => void;
}): Kept {
  const { name } = options;
  let child: ChildProcess;
  let stopping = false;
  let shiftMs = 0;
  let restart: NodeJS.Timeout | undefined;

  const launch = () => {
    const shifted = join(import.meta.dirname, 'shifted-clock.ts');
    const started = fork(join(ROOT, options.main), [], {
      cwd: ROOT,
      execArgv: [...(options.flags ?? []), ...(shiftMs === 0 ? [] : ['--import', shifted])],
      env: { ...options.environment, CLOCK_SHIFT_MS: String(shiftMs) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (data: Buffer) => options.onLine(`[${name}] ${data.toString('utf8').trimEnd()}`));
    }
    started.once('exit', () => {
      if (stopping) return;
      restart = setTimeout(launch, RESTART_MS);
    });
  };
  launch();

  return {
    name,
    kill: () => void child.kill('SIGKILL'),
    freeze: async (ms) => {
      const frozen = child;
      frozen.kill('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, ms));
      frozen.kill('SIGCONT');
    },
    shiftClock: (ms) => {
      shiftMs = ms;
      child.kill('SIGKILL');
    },
    stop: async () => {
      stopping = true;
      clearTimeout(restart);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const atOnce = setTimeout(() => child.kill('SIGKILL'), 4_000);
      await exited;
      clearTimeout(atOnce);
    },
  };
}
