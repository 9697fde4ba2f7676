/** Counts of milliseconds in steps of a tenth, up to a minute; what is longer counts as a minute. */
export type Histogram = {
  record(ms: number): void;
  /** The value below which this share (0 to 1) lies, in milliseconds; 0 when nothing was recorded. */
  at(share: number): number;
  count(): number;
};

const STEPS_PER_MS = 10;
const STEPS = 60_000 * STEPS_PER_MS;

export function createHistogram(): Histogram {
  const counts = new Uint32Array(STEPS + 1);
  let total = 0;
  return {
    record: (ms) => {
      const step = Math.min(STEPS, Math.max(0, Math.round(ms * STEPS_PER_MS)));
      counts[step] = counts[step]! + 1;
      total += 1;
    },
    at: (share) => {
      let left = Math.ceil(total * share);
      if (left === 0) return 0;
      for (let step = 0; step <= STEPS; step += 1) {
        left -= counts[step]!;
        if (left <= 0) return step / STEPS_PER_MS;
      }
      return STEPS / STEPS_PER_MS;
    },
    count: () => total,
  };
}
