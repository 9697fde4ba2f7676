/**
 * How node is started for the API: whoever starts it (infra/Containerfile, the laptop, tests, benchmarks) gives these.
 * All are about full collections, in which everybody waits; without them reads had a p99 of 197 ms instead of 5 at the
 * same load (docs/reference/performance.md).
 *
 * - V8 learns from a burst that the objects of a request live long, and from then on allocates them in the old generation,
 *   where they die at once and keep alive whatever young they point to.
 * - Node's four helpers of the collector wait for one another on two busy cores; 0 is one less than there are cores.
 * - 64 MB more memory outside of the heap (bodies of requests, rows from PostgreSQL) start a full collection, however
 *   little there is to gain; with the third flag they count in the limit of the whole.
 * - Once little grows old, V8 lets the heap grow by a third only between two full collections; the last flag says by
 *   one and a half times, so that there is one in a minute or less.
 */
export const API_NODE_FLAGS = [
  '--no-allocation-site-pretenuring',
  '--v8-pool-size=0',
  '--external-memory-accounted-in-global-limit',
  '--heap-growing-percent=150',
] as const;

/** Which of them a process was started without. */
export function missingFlags(execArgv: readonly string[]): string[] {
  return API_NODE_FLAGS.filter((flag) => !execArgv.includes(flag));
}
