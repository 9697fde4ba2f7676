/** What is asked for: seats, which are refused first, or something to look at, which costs a quarter of it. */
export type Wanted = 'hold' | 'read';

/** Says no to some while this process has more to do than it can; who hears no comes back in a second. */
export type LoadShedder = {
  /** Whether this request may be worked on. Counts it, so ask once. */
  admits(wanted: Wanted): boolean;
  /** Share of the holds that is admitted now, from LEVEL_MIN to 1. */
  level(): number;
  close(): void;
};

/** Calls `tick` again and again, with the milliseconds by which it is late, until the returned function is called. */
type Ticks = (everyMs: number, tick: (lateMs: number) => void) => () => void;

/**
 * Once the event loop never rests, requests wait in their sockets, where no lane counts them: everybody waits for
 * seconds and nobody is told. So the share that is admitted shrinks while the loop is later than LATE_MS_MAX, and grows
 * while it is not. It is a wait and not a rest of the loop that is kept: a loop that is always busy reads many sockets a
 * turn, which costs a third less for each (docs/reference/performance.md).
 */
export function createLoadShedder(ticks: Ticks = ticksOfLoop): LoadShedder {
  let beforeMs = 0;
  let level = 1;
  const holds = createShare(HOLDS_EVERY_TICK);
  const reads = createShare(READS_EVERY_TICK);

  const stop = ticks(TICK_MS, (lastMs) => {
    // A full collection, or a page made anew, is no overload: twice in a row late is.
    const lateMs = Math.min(lastMs, beforeMs);
    beforeMs = lastMs;
    const step = Math.max(LESS_MAX, STEP * (1 - lateMs / LATE_MS_MAX));
    level = Math.min(1, Math.max(LEVEL_MIN, level * (1 + step))); // guard: shed
    holds.begin(level);
    reads.begin(Math.min(1, level * HOLDS_A_READ));
  });

  return {
    admits: (wanted) => (wanted === 'hold' ? holds.takes() : reads.takes()),
    level: () => level,
    close: stop,
  };
}

/** For processes that nobody wants too much of. */
export const NEVER_SHEDS: LoadShedder = { admits: () => true, level: () => 1, close: () => {} };

const TICK_MS = 100;
const LATE_MS_MAX = 300;
/** So much of the level comes back in a tick without lateness; as much goes for each LATE_MS_MAX beyond the first. */
const STEP = 0.1;
/** The most that goes at once. */
const LESS_MAX = -0.3;
/** So many are always admitted, to see whether it got better. */
const LEVEL_MIN = 0.02;
/** Nothing to look at is refused before nine holds of ten are. */
const HOLDS_A_READ = 10;
/** Whoever comes when hardly anybody comes is not what fills the loop. */
const HOLDS_EVERY_TICK = 10;
const READS_EVERY_TICK = 50;

/** Lets a share through, evenly and not by chance, and in any case the first `anyway` of a tick. */
function createShare(anyway: number) {
  let share = 1;
  let left = anyway;
  let due = 0;
  return {
    begin: (newShare: number) => {
      share = newShare;
      left = anyway;
    },
    takes: (): boolean => {
      if (share === 1) return true;
      due += share;
      if (due < 1 && left <= 0) return false;
      due = Math.max(0, due - 1);
      left -= 1;
      return true;
    },
  };
}

/**
 * A timer is late by what is left of the turn in which it came due, as a request is that came at that moment. (Node's
 * monitorEventLoopDelay says nothing of turns that last longer than the time between two looks at it.)
 */
const ticksOfLoop: Ticks = (everyMs, tick) => {
  let due = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    tick(Math.max(0, now - due));
    due = now + everyMs;
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};
