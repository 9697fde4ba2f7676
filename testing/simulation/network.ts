import type { Faults } from './faults.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** Carries messages, or does not. What comes is what was sent; when, how often and whether is drawn. */
export type Network = { send(what: Letter, arrive: () => void): void };

/** A lost reply is the worst: what it would have told has been committed. */
export type Letter = 'request' | 'command' | 'reply after commit' | 'answer';

export function createNetwork(deps: {
  timeline: Timeline;
  random: Random;
  faults: () => Faults;
  count: (what: string) => void;
}): Network {
  const { timeline, random, count } = deps;

  const delayMs = (faults: Faults): number => {
    if (random.chance(faults.verySlow)) {
      count('very slow message');
      return random.between(60_000, 600_000);
    }
    if (random.chance(faults.slow)) {
      count('slow message');
      return random.between(200, 60_000);
    }
    return random.between(1, 200);
  };

  return {
    send: (what, arrive) => {
      const faults = deps.faults();
      if (random.chance(faults.lost)) {
        count(`lost ${what}`);
      } else {
        timeline.after(delayMs(faults), arrive);
      }
      if (random.chance(faults.duplicated)) {
        count(`duplicated ${what}`);
        timeline.after(delayMs(faults), arrive);
      }
    },
  };
}
