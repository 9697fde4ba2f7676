import { chargedCents } from '#contracts/ticket-kinds';
import type { Command, HoldReply, Reply, StoredAnswer, Wish } from './commands.ts';
import type { Without } from './guards.ts';
import type { Network } from './network.ts';
import { HOLD_MS, orderIdOf } from './rows.ts';
import type { Timeline } from './timeline.ts';

/** What a caller hears. 'unavailable' and 'running' promise nothing: ask again with the same key. */
export type Heard = Exclude<HoldReply, { kind: 'again' }> | { kind: 'running' } | { kind: 'unavailable' };

/** One API process: lanes that gather holds into batches, and the other doors straight through. */
export type ApiProcess = {
  hold(wish: Wish, answer: (heard: Heard) => void): void;
  call(command: Command, answer: (reply: Reply | { kind: 'unavailable' }) => void): void;
  clock(): number;
  stepClock(byMs: number): void;
  /** Forgets everything; back after so long. */
  crash(downMs: number): void;
  cutOff(forMs: number): void;
};

type Waiting = { wish: Wish; answer: (heard: Heard) => void };
type Lane = { queue: Waiting[]; isFlushing: boolean; isScheduled: boolean };
/** All that a crash takes away. */
type Memory = { lanes: Lane[]; running: Set<string> };

const GATHER_MS = 3;
const DATABASE_TIMEOUT_MS = 10_000;
const TRIES_MAX = 3;

export function createApiProcess(deps: {
  timeline: Timeline;
  network: Network;
  without: Without;
  lanes: number;
  batchMax: number;
  /** Runs at the database when it arrives there, and gives the reply that goes back, at once or after a lock. */
  commit: (command: Command, committed: (reply: Reply) => void) => void;
  count: (what: string) => void;
}): ApiProcess {
  const { timeline, network } = deps;
  let clockAheadMs = 0;
  let isDown = false;
  let cutOffUntil = 0;
  const fresh = (): Memory => ({
    lanes: Array.from({ length: deps.lanes }, () => ({ queue: [], isFlushing: false, isScheduled: false })),
    running: new Set(),
  });
  let memory = fresh();
  const clock = () => timeline.now() + clockAheadMs;

  /** A round trip that may end without an answer on either way; the caller who died meanwhile hears nothing. */
  const ask = (command: Command, answer: (reply: Reply | { kind: 'unavailable' }) => void, tries = 1): void => {
    const asking = memory;
    let isOver = false;
    const hear = (reply: Reply) => {
      if (isOver || asking !== memory || timeline.now() < cutOffUntil) return;
      isOver = true;
      answer(reply);
    };
    if (timeline.now() >= cutOffUntil) {
      network.send('command', () => {
        deps.commit(command, (reply) => network.send('reply after commit', () => hear(reply)));
      });
    }
    timeline.after(DATABASE_TIMEOUT_MS, () => {
      if (isOver || asking !== memory) return;
      isOver = true;
      deps.count(tries === TRIES_MAX ? 'batch given up' : 'batch run again');
      if (tries === TRIES_MAX) answer({ kind: 'unavailable' });
      else ask(command, answer, tries + 1);
    });
  };

  const schedule = (lane: Lane): void => {
    if (lane.isScheduled || lane.isFlushing || lane.queue.length === 0) return;
    lane.isScheduled = true;
    const scheduling = memory;
    timeline.after(GATHER_MS, () => {
      if (scheduling === memory) flush(lane);
    });
  };

  const flush = (lane: Lane): void => {
    lane.isScheduled = false;
    lane.isFlushing = true;
    const batch = lane.queue.splice(0, deps.batchMax);
    const requests = batch.map((waiting) => waiting.wish);
    const settle = ({ wish, answer }: Waiting, heard: Heard) => {
      memory.running.delete(identityOf(wish));
      answer(heard);
    };
    if (deps.without.has('answer after commit')) {
      for (const waiting of batch) waiting.answer(promised(waiting.wish, clock()));
    }
    ask({ kind: 'hold', requests, processNow: clock() }, (reply) => {
      lane.isFlushing = false;
      const replies = reply.kind === 'hold' ? reply.replies : [];
      lane.queue.unshift(...batch.filter((_, at) => replies[at]?.kind === 'again'));
      for (const [at, waiting] of batch.entries()) {
        const heard = replies[at] ?? { kind: 'unavailable' };
        if (heard.kind !== 'again') settle(waiting, heard);
      }
      schedule(lane);
    });
  };

  return {
    clock,
    stepClock: (byMs) => void (clockAheadMs += byMs),
    crash: (downMs) => {
      deps.count(memory.running.size > 0 ? 'process crash with holds running' : 'process crash');
      memory = fresh();
      isDown = true;
      timeline.after(downMs, () => (isDown = false));
    },
    cutOff: (forMs) => void (cutOffUntil = timeline.now() + forMs),
    hold: (wish, answer) => {
      if (isDown) return;
      const identity = identityOf(wish);
      if (memory.running.has(identity)) return answer({ kind: 'running' });
      memory.running.add(identity);
      const lane = memory.lanes[wish.screeningId % deps.lanes]!;
      lane.queue.push({ wish, answer });
      schedule(lane);
    },
    call: (command, answer) => {
      if (!isDown) ask(command, answer);
    },
  };
}

const identityOf = (wish: Wish) => `${wish.screeningId}/${wish.buyerId}/${wish.key}`;

/** What a process could say before it knows; only the twin of 'answer after commit' does. */
function promised(wish: Wish, now: number): Heard {
  const lines = wish.seats.map((seat) => ({
    ...seat,
    priceCents: 0,
    chargedCents: chargedCents(seat.kind, 0),
    feeCents: 0,
  }));
  const hold: StoredAnswer = {
    outcome: 'held',
    instance: wish.correlationId,
    orderId: orderIdOf(wish, 1),
    heldUntil: now + HOLD_MS,
    lines,
  };
  return { kind: 'first', body: JSON.stringify(hold) };
}
