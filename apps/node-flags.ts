/**
 * How node is started for the API: whoever starts it (infra/Containerfile, the laptop, tests, benchmarks) gives these.
 * Both are about full collections, in which everybody waits (docs/reference/performance.md):
 *
 * - node's four helpers of the garbage collector, on two busy cores, wait for one another; 0 is one less than there are
 *   cores.
 * - 64 MB more memory outside of the heap (bodies of requests, rows from PostgreSQL) start a full collection, however
 *   little there is to gain; with the second flag they count in the limit of the whole.
 */
export const API_NODE_FLAGS = ['--v8-pool-size=0', '--external-memory-accounted-in-global-limit'] as const;
