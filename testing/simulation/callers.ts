import type { Command, Reply, Wish } from './commands.ts';
import type { Evidence } from './evidence.ts';
import type { Network } from './network.ts';
import type { ApiProcess, Heard } from './process.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** The way from a caller's device to some process and back, tried again until there is an answer that counts. */
export type Callers = {
  hold(wish: Wish, hear: (heard: Heard) => void): void;
  call(command: Command, hear: (outcome: Outcome) => void): void;
};

type Outcome = Extract<Reply, { kind: 'outcome' }>;

const PATIENCE_MS = 15_000;

export function createCallers(deps: {
  timeline: Timeline;
  random: Random;
  network: Network;
  processes: readonly ApiProcess[];
  evidence: Evidence;
  /** Told of every answer to a hold that reaches its buyer. */
  receive: (wish: Wish, heard: Heard) => void;
  count: (what: string) => void;
}): Callers {
  const { timeline, random, network, processes, evidence } = deps;
  let serial = 0;

  /**
   * Asks again and again until `hear` has heard the first answer that counts. `attempt` asks once, at any process;
   * every answer goes through `receive`, also one to an earlier try, and one that comes when all is over.
   */
  const insist = <T>(
    attempt: (process: ApiProcess, answer: (answer: T | null) => void) => void,
    hear: (answer: T) => void,
    receive: (answer: T) => void = () => {},
  ) => {
    const intention = `intention ${(serial += 1)}`;
    evidence.open.add(intention);
    const listen = (answer: T | null) => {
      if (answer === null) return;
      receive(answer);
      if (evidence.open.delete(intention)) hear(answer);
    };
    const ask = () => {
      const process = random.pick(processes);
      network.send('request', () => attempt(process, (answer) => network.send('answer', () => listen(answer))));
      timeline.after(PATIENCE_MS + random.between(0, 5_000), () => {
        if (!evidence.open.has(intention)) return;
        deps.count('asked again');
        ask();
      });
    };
    ask();
  };

  return {
    hold: (wish, hear) => {
      const attempt = (process: ApiProcess, answer: (heard: Heard | null) => void) => {
        // Each try is a request of its own; the key says that it is the same intention.
        const request = { ...wish, correlationId: `${wish.correlationId}.${(serial += 1)}` };
        evidence.wishes.set(request.correlationId, request);
        process.hold(request, (heard) => {
          deps.count(`answer ${heard.kind}`);
          answer(heard.kind === 'running' || heard.kind === 'unavailable' ? null : heard);
        });
      };
      insist(attempt, hear, (heard) => deps.receive(wish, heard));
    },
    call: (command, hear) => {
      const attempt = (process: ApiProcess, answer: (outcome: Outcome | null) => void) =>
        process.call(command, (reply) => answer(reply.kind === 'outcome' ? reply : null));
      insist(attempt, hear);
    },
  };
}
