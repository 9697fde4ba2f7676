import { unreachable } from '#platform/fault';
import { pause } from './client.ts';
import type { CrashHouse } from './house.ts';
import type { Random } from './random.ts';

/** Faults that end something with kill -9, and those that only disturb. */
export const KILLS = ['api', 'backend', 'postmaster', 'worker', 'sandbox'] as const;
export const DISTURBANCES = ['reply_to_buyer', 'reply_of_database', 'frozen', 'slow_disk', 'clock'] as const;
export type FaultKind = (typeof KILLS)[number] | (typeof DISTURBANCES)[number];
export type Injected = { atMs: number; kind: FaultKind; detail: string };

const FROZEN_MS = [500, 3_000] as const;
/** Clocks go wrong by so much, forwards or backwards; beyond the five minutes that signatures may be old. */
const CLOCK_STEP_MS_MAX = 12 * 60_000;

/**
 * Injects faults at seeded random moments until `running` says no, each kind as often as the others: all kinds in
 * random order, then again, `roundsMax` times at most. Restarting is the business of whoever keeps a process; nothing
 * here waits for health.
 */
export async function injectFaults(options: {
  house: CrashHouse;
  random: Random;
  /** Shortest and longest time between one fault and the next. */
  paceMs: readonly [number, number];
  roundsMax: number;
  running(): boolean;
  onFault(fault: Injected): void;
}): Promise<void> {
  const { house, random } = options;
  const from = performance.now();
  for (let round = 1; round <= options.roundsMax; round += 1) {
    const bag = shuffled([...KILLS, ...DISTURBANCES], random);
    while (bag.length > 0) {
      await pause(random.between(...options.paceMs));
      if (!options.running()) return;
      const kind = bag.pop()!;
      const detail = await inject(kind, house, random);
      // There was nothing to do it to, right after a kill: its turn comes again.
      if (detail === null) bag.unshift(kind);
      else options.onFault({ atMs: Math.round(performance.now() - from), kind, detail });
    }
  }
}

/** What was done, in words; null when there was nothing to do it to. */
export async function inject(kind: FaultKind, house: CrashHouse, random: Random): Promise<string | null> {
  const api = random.pick(house.apis);
  switch (kind) {
    case 'api':
      api.kill();
      return `kill -9 ${api.name}`;
    case 'worker':
      house.worker.kill();
      return 'kill -9 worker';
    case 'sandbox':
      house.sandbox.kill();
      return 'kill -9 payment sandbox';
    case 'postmaster': {
      const began = performance.now();
      await house.server.killPostmaster();
      return `kill -9 postmaster, back after ${Math.round(performance.now() - began)} ms`;
    }
    case 'backend':
      return onBackend(house, random, async (pid) => {
        process.kill(pid, 'SIGKILL');
        return 'kill -9';
      });
    case 'reply_to_buyer':
      random.pick(house.apiWires).loseReplies(random.between(1, 4));
      return 'replies lost between API and buyer';
    case 'reply_of_database':
      house.databaseWire.loseReplies(random.between(1, 3));
      return 'replies lost between PostgreSQL and API or worker';
    case 'frozen': {
      const ms = random.between(...FROZEN_MS);
      void api.freeze(ms);
      return `${api.name} stood still for ${ms} ms`;
    }
    case 'slow_disk':
      return slowDisk(house, random);
    case 'clock': {
      const ms = random.between(-CLOCK_STEP_MS_MAX, CLOCK_STEP_MS_MAX);
      const kept = random.chance(0.3) ? house.worker : api;
      kept.shiftClock(ms);
      return `${kept.name} restarted with its clock ${Math.round(ms / 1000)} s off`;
    }
    default:
      return unreachable(kind);
  }
}

/** Backends of the write lanes, or of the pools: whichever is there. */
async function onBackend(
  house: CrashHouse,
  random: Random,
  act: (pid: number) => Promise<string>,
): Promise<string | null> {
  const wanted = random.chance(0.7) ? 'poltrona api lane%' : 'poltrona%';
  const backends = await house.db
    .rows<{ pid: number; name: string; state: string }>(
      `select pid, application_name as name, state from pg_stat_activity
        where application_name like $1 and pid <> pg_backend_pid()
        order by (state = 'active') desc, pid`,
      [wanted],
    )
    .catch(() => []);
  if (backends.length === 0) return null;
  // Rather one that is at work.
  const chosen = backends[0]!.state === 'active' ? backends[0]! : random.pick(backends);
  return unlessGone(async () => `${await act(chosen.pid)} backend of '${chosen.name}' (${chosen.state})`);
}

/** Null when the process ended by itself in between. */
async function unlessGone(act: () => Promise<string>): Promise<string | null> {
  try {
    return await act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return null;
    throw error;
  }
}

/** A process of the server stands still for a while, as when its disk does: the WAL writer, the checkpointer, a lane. */
async function slowDisk(house: CrashHouse, random: Random): Promise<string | null> {
  const ms = random.between(...FROZEN_MS);
  const freeze = async (pid: number) => {
    process.kill(pid, 'SIGSTOP');
    await pause(ms);
    process.kill(pid, 'SIGCONT');
    return `stopped for ${ms} ms:`;
  };
  const which = random.pick(['walwriter', 'checkpointer', 'backend'] as const);
  if (which === 'backend') return onBackend(house, random, freeze);
  const pid = await house.server.processNamed(which);
  // Right after a kill there may be none yet.
  return pid === null ? null : unlessGone(async () => `${await freeze(pid)} ${which}`);
}

function shuffled<T>(all: T[], random: Random): T[] {
  return all
    .map((each) => [random.next(), each] as const)
    .sort(([a], [b]) => a - b)
    .map(([, each]) => each);
}
