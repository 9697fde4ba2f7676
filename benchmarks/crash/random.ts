/** Numbers that are the same for the same seed (mulberry32), so that a run's plan can be asked for again. */
export function createRandom(seed: number) {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  /** A whole number from `min` to `max`, both included. */
  const between = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    between,
    chance: (share: number) => next() < share,
    pick: <T>(all: readonly T[]): T => all[between(0, all.length - 1)]!,
    /** Another sequence, which does not move this one. */
    fork: () => createRandom(between(0, 0x7fff_ffff)),
  };
}

export type Random = ReturnType<typeof createRandom>;
