import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Fault } from '#platform/fault';

export type ChildPlan = {
  name: string;
  main: string;
  /** For node itself. */
  flags?: readonly string[];
  environment: Record<string, string>;
  /** Asked until true, or the child's own message 'ready'; the next child starts only then. */
  ready: (() => Promise<boolean>) | 'message';
  /** Started again when it dies; without it everything stops, with a clear word. */
  restart: boolean;
};

export type Children = {
  start(plan: ChildPlan): Promise<void>;
  /** In the reverse order of starting, each within its time. */
  stop(): Promise<void>;
};

const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 6_000;
const RESTART_MS = 500;
/** A child that dies this often in a minute is not helped by starting it again. */
const RESTARTS_PER_MINUTE_MAX = 5;
/** One that was never ready has a reason that stays, such as a setting; a second look is enough. */
const DEATHS_BEFORE_READY_MAX = 2;

/** Starts processes one after the other, keeps them alive, and ends them in order. */
export function superviseChildren(options: {
  root: string;
  preload: string;
  onLine: (name: string, line: string) => void;
  /** A child is gone for good. */
  onLost: (name: string, reason: string) => void;
}): Children {
  const running = new Map<string, ChildProcess>();
  const deaths = new Map<string, number[]>();
  const wasReady = new Set<string>();
  let stopping = false;

  const launch = (plan: ChildPlan): ChildProcess => {
    const child = fork(plan.main, [], {
      cwd: options.root,
      execArgv: [...(plan.flags ?? []), '--import', options.preload],
      env: plan.environment,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C reaches the whole group of a terminal: children of their own group are ended by us, in order.
      detached: true,
    });
    running.set(plan.name, child);
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream! }).on('line', (line) => options.onLine(plan.name, line));
    }
    child.once('exit', (code, signal) => died(plan, child, signal ?? `code ${code}`));
    return child;
  };

  const died = (plan: ChildPlan, child: ChildProcess, reason: string) => {
    if (running.get(plan.name) === child) running.delete(plan.name);
    if (stopping) return;
    const recent = [...(deaths.get(plan.name) ?? []), performance.now()].filter(
      (at) => at > performance.now() - 60_000,
    );
    deaths.set(plan.name, recent);
    const hopeless = wasReady.has(plan.name)
      ? recent.length > RESTARTS_PER_MINUTE_MAX
      : recent.length >= DEATHS_BEFORE_READY_MAX;
    if (!plan.restart || hopeless) return options.onLost(plan.name, reason);
    options.onLine(plan.name, `ended (${reason}), starting again`);
    setTimeout(() => !stopping && launch(plan), RESTART_MS);
  };

  return {
    start: async (plan) => {
      const child = launch(plan);
      let told = false;
      child.once('message', () => (told = true));
      const ready = async () => (plan.ready === 'message' ? told : plan.ready());
      const until = performance.now() + READY_MS_MAX;
      while (!(await ready().catch(() => false))) {
        if (stopping) return;
        if (performance.now() > until) {
          throw new Fault('child_not_ready', { retryable: false, message: `${plan.name} is not ready after 60 s.` });
        }
        await pause(50);
      }
      wasReady.add(plan.name);
    },
    stop: async () => {
      stopping = true;
      for (const child of [...running.values()].reverse()) await endChild(child);
    },
  };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const atOnce = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await exited;
  clearTimeout(atOnce);
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
