import { sendBuyers } from './buyers.ts';
import { createCallers } from './callers.ts';
import { createReceiptsChecker } from './check-receipts.ts';
import { createRefusalsChecker } from './check-refusals.ts';
import { createRowsChecker } from './check-rows.ts';
import type { Command, Commit, Reply } from './commands.ts';
import { decide } from './database-model.ts';
import { noEvidence, receiptOf } from './evidence.ts';
import { drawFaults, NO_FAULTS } from './faults.ts';
import type { Guard, Without } from './guards.ts';
import { createNetwork } from './network.ts';
import { createApiProcess } from './process.ts';
import { createRandom } from './random.ts';
import { DATABASE_TICK_MS, drawRows, personOf, type Rows } from './rows.ts';
import { sendStaff, troubleProcesses } from './staff.ts';
import { createTimeline } from './timeline.ts';

/** One story, whole: the same seed tells the same one, on every machine. */
export type Story = {
  seed: number;
  /** What the checker found first, or null. */
  wrong: string | null;
  /** The tables as they were at the end. */
  rows: Rows;
  commits: Commit[];
  /** How often each fault, command and outcome occurred. */
  counts: Map<string, number>;
};

/** Faults end here, so that everybody can be answered; a quarter of an hour more for what is still on its way. */
const FAULTS_END_MS = 1_500_000;
const WORKER_ENDS_MS = 4_200_000;

export function simulate(seed: number, without: Without = new Set<Guard>()): Story {
  const random = createRandom(seed);
  const timeline = createTimeline();
  const rows = drawRows(random);
  const evidence = noEvidence();
  const commits: Commit[] = [];
  const counts = new Map<string, number>();
  const count = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  /** What was found first stays. */
  const verdict = { wrong: null as string | null };

  const drawn = drawFaults(random);
  const faults = () => (timeline.now() < FAULTS_END_MS ? drawn : NO_FAULTS);
  const network = createNetwork({ timeline, random, faults, count });
  const rowsChecker = createRowsChecker(rows);
  const refusalsChecker = createRefusalsChecker(rows);
  const receiptsChecker = createReceiptsChecker(rows, evidence);

  const databaseNow = () => Math.floor(timeline.now() / DATABASE_TICK_MS) * DATABASE_TICK_MS;
  const commit = (command: Command): Reply => {
    const now = databaseNow();
    const reply = decide(rows, command, now, without);
    commits.push({ now, command, reply });
    countOutcomes(command, reply, count);
    verdict.wrong ??= rowsChecker.check(now) ?? refusalsChecker.check(command, reply, now);
    return reply;
  };
  /** A batch looks who has bought, then may wait for locks, while others commit; the rest is of one moment. */
  const arrive = (command: Command, committed: (reply: Reply) => void): void => {
    if (command.kind !== 'hold') return committed(commit(command));
    const bought = new Set([...rows.orders.values()].map(personOf));
    const isLocked = random.chance(faults().locked);
    const lockedFrom = isLocked ? random.between(0, command.requests.length - 1) : command.requests.length;
    const decideNow = () => committed(commit({ ...command, bought, lockedFrom }));
    if (!random.chance(faults().lockWait)) return decideNow();
    count('batch waits for locks');
    timeline.after(random.between(1, 5_000), decideNow);
  };

  const processes = Array.from({ length: random.between(1, 4) }, () =>
    createApiProcess({
      timeline,
      network,
      without,
      commit: arrive,
      count,
      lanes: random.between(1, 2),
      batchMax: random.pick([1, 4, 250]),
    }),
  );
  const receive: Parameters<typeof createCallers>[0]['receive'] = (wish, heard) => {
    verdict.wrong ??= receiptsChecker.arrived(receiptOf(wish, heard));
  };
  const callers = createCallers({ timeline, random, network, processes, evidence, receive, count });
  const deps = { timeline, random, faults, callers, processes, evidence, rows, count };
  sendBuyers(deps);
  sendStaff(deps, WORKER_ENDS_MS);
  troubleProcesses(deps, FAULTS_END_MS);

  while (verdict.wrong === null && timeline.step());
  const wrong = verdict.wrong ?? receiptsChecker.atEnd(databaseNow());
  return { seed, wrong, rows, commits, counts };
}

function countOutcomes(command: Command, reply: Reply, count: (what: string) => void): void {
  if (reply.kind === 'outcome') return count(`${command.kind} ${reply.outcome}`);
  count(`batch of ${reply.replies.length > 1 ? 'many' : 'one'}`);
  for (const hold of reply.replies) {
    count(hold.kind === 'first' ? `hold ${/"outcome":"(\w+)"/.exec(hold.body)![1]}` : `hold ${hold.kind}`);
  }
}
