import type { Random } from './random.ts';

/** How often each thing goes wrong in one story: probabilities a message or a minute. Drawn anew for every seed. */
export type Faults = {
  /** A message is lost; when it carried an answer, its sender has already committed. */
  lost: number;
  duplicated: number;
  /** A message takes up to a minute instead of up to 200 ms: it is overtaken by later ones and comes after retries. */
  slow: number;
  /** A slow message takes up to ten minutes: it comes after the hold has ended. */
  verySlow: number;
  /** A batch waits for locks between its first look at the tables and the rest; others commit meanwhile. */
  lockWait: number;
  /** Somebody else holds a lock that a batch's careful look needs. */
  locked: number;
  /** A process dies and forgets: what waits, what runs, whom to answer. */
  crash: number;
  /** A process is cut off from the database for a while. */
  cutOff: number;
  /** The clock of a process jumps by up to twenty minutes, either way. */
  clockStep: number;
  /** A buyer uses a key again with another body. */
  otherBody: number;
  /** A buyer asks twice at once, at two processes. */
  twiceAtOnce: number;
  /** A person wants some of the same seats at once from a second device, with a key of its own. */
  twoDevices: number;
  /** A buyer pays twice, or another amount. */
  oddPayment: number;
  /** Money takes up to twenty minutes. */
  lateMoney: number;
};

export const NO_FAULTS: Faults = {
  lost: 0,
  duplicated: 0,
  slow: 0,
  verySlow: 0,
  lockWait: 0,
  locked: 0,
  crash: 0,
  cutOff: 0,
  clockStep: 0,
  otherBody: 0,
  twiceAtOnce: 0,
  twoDevices: 0,
  oddPayment: 0,
  lateMoney: 0,
};

/** Each fault at its worst. */
const WORST: Faults = {
  lost: 0.25,
  duplicated: 0.25,
  slow: 0.3,
  verySlow: 0.05,
  lockWait: 0.9,
  locked: 0.3,
  crash: 0.3,
  cutOff: 0.3,
  clockStep: 0.5,
  otherBody: 0.2,
  twiceAtOnce: 0.3,
  twoDevices: 0.9,
  oddPayment: 0.3,
  lateMoney: 0.9,
};

/** Every second story knows a fault at all, so that some meet it alone and some meet it among all the others. */
export function drawFaults(random: Random): Faults {
  const faults = { ...NO_FAULTS };
  for (const name of Object.keys(WORST) as (keyof Faults)[]) {
    if (random.chance(0.5)) faults[name] = WORST[name] * random.fraction();
  }
  return faults;
}
