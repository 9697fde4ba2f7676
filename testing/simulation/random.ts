/** Everything a simulation draws comes from one of these, so that a seed is a whole story. */
export type Random = {
  /** A fraction, 0 ≤ x < 1. */
  fraction(): number;
  /** A whole number, from ≤ x ≤ to. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** So many different ones of them, in the order drawn; all when there are fewer. */
  sample<T>(from: readonly T[], count: number): T[];
};

/**
 * sfc32 (Chris Doty-Humphrey, PractRand): four 32-bit words, a few additions and shifts a number, passes BigCrush. The
 * twelve rounds thrown away at the start are its author's, so that the seeds 1, 2, 3 … begin far apart.
 */
export function createRandom(seed: number): Random {
  let a = seed | 0;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let counter = 1;
  const word = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) word();

  const fraction = () => word() / 2 ** 32;
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  return {
    fraction,
    between,
    chance: (probability) => fraction() < probability,
    pick: (from) => from[between(0, from.length - 1)]!,
    sample: (from, count) => {
      const left = [...from];
      return Array.from({ length: Math.min(count, left.length) }, () => {
        const [drawn] = left.splice(between(0, left.length - 1), 1);
        return drawn!;
      });
    },
  };
}
