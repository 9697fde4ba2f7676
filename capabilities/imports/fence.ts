import { sql } from '#platform/sql';

/**
 * Held by a transaction that writes tickets of a run. When a worker dies, its run is free at once, but its last
 * transaction may live a moment longer; whoever comes next waits for it here. Not the run's row: that one is written
 * from outside while a chunk is underway (progress, cancel).
 */
export const FENCE = sql`select pg_advisory_xact_lock(hashtextextended($1::text, 12))`;
