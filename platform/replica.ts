import type { Log } from './log.ts';
import { startLoop } from './loop.ts';
import { createDatabase, type Database, isConnectionFailure, type Queryable, type Row, sqlState } from './postgres.ts';

// Reads that may lag. Nothing that is asked here decides a write: both pools behind it are read-only, there is no
// transaction to be had, and whoever needs the newest row asks the primary.

export type Reader = Database & {
  /** Where the next read goes. */
  usesReplica(): boolean;
};

export type ReaderOptions = {
  /** Asked for its position in the log once a second, and for nothing else. */
  primary: Pick<Database, 'row' | 'connectionString'>;
  replicaUrl: string;
  connectionsMax: number;
  /** A replica that is further behind gets no reads until it has caught up. */
  lagMsMax?: number;
  checkEveryMs?: number;
  applicationName: string;
  log: Log;
  nowMs?: () => number;
};

const LAG_MS_MAX = 5_000;
const CHECK_MS = 1_000;
/** A replica that does not answer the handshake must not keep a page waiting. */
const CONNECT_MS = 1_000;
const STATEMENT_MS = 5_000;
/** What the primary takes over: few enough that a lost replica never takes the connections of orders and payments. */
const FALLBACK_CONNECTIONS = 4;
const COMPLAIN_EVERY_MS = 60_000;
/** At one a second: lags of up to two minutes can be told apart. */
const MARKS_MAX = 120;

/**
 * Reads from a replica, and from the primary (on four read-only connections of their own) while the replica is down,
 * too far behind, or gives up a query because of what it has to replay. Until the first check it is not used.
 */
export function createReader(options: ReaderOptions): Reader {
  const { primary, log } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const pool = (connectionString: string, connectionsMax: number) =>
    createDatabase({
      connectionString,
      connectionsMax,
      statementTimeoutMs: STATEMENT_MS,
      connectTimeoutMs: CONNECT_MS,
      readOnly: true,
      applicationName: options.applicationName,
    });
  const replica = pool(options.replicaUrl, options.connectionsMax);
  const fallback = pool(primary.connectionString, FALLBACK_CONNECTIONS);
  const lag = measureLag({ primary, replica, nowMs });
  let usable = false;
  let complainedAt = -Infinity;

  const leave = (reason: string, error?: unknown) => {
    usable = false;
    if (nowMs() - complainedAt < COMPLAIN_EVERY_MS) return;
    complainedAt = nowMs();
    log.warn({ err: error, reason }, 'reads go to the primary');
  };
  const check = async () => {
    try {
      const lagMs = await lag();
      if (lagMs > (options.lagMsMax ?? LAG_MS_MAX)) leave('the replica is behind');
      else if (!usable) {
        usable = true;
        log.info({ lagMs }, 'reads go to the replica');
      }
    } catch (error) {
      leave('the replica does not answer', error);
    }
  };
  const loop = startLoop({
    name: 'replica',
    everyMs: options.checkEveryMs ?? CHECK_MS,
    log,
    work: async () => {
      await check();
      return false;
    },
  });

  const read = async <T>(ask: (from: Queryable) => Promise<T>): Promise<T> => {
    if (!usable) return ask(fallback);
    try {
      return await ask(replica);
    } catch (error) {
      if (!failsOnReplicaOnly(error)) throw error;
      if (isConnectionFailure(error)) leave('the replica broke off', error);
      return ask(fallback);
    }
  };
  const refuse = async (): Promise<never> => {
    throw new Error('bug: a reader only reads; what decides a write is asked of the primary');
  };
  return {
    rows: <R extends Row>(text: string, values?: readonly unknown[]) => read((from) => from.rows<R>(text, values)),
    row: <R extends Row>(text: string, values?: readonly unknown[]) => read((from) => from.row<R>(text, values)),
    transaction: refuse,
    connect: refuse,
    // A standby takes no LISTEN: who listens, listens to the primary.
    connectionString: primary.connectionString,
    usesReplica: () => usable,
    close: async () => {
      await loop.stop();
      await Promise.all([replica.close(), fallback.close()]);
    },
  };
}

/** A reader that has no replica: the primary itself. */
export function primaryAsReader(primary: Database): Reader {
  return { ...primary, usesReplica: () => false, close: async () => {} };
}

/** 40001 here is a query that stood in the way of replay; on the primary nothing does. */
function failsOnReplicaOnly(error: unknown): boolean {
  return isConnectionFailure(error) || sqlState(error) === '40001';
}

/**
 * How old what the replica shows may be, in milliseconds. The positions of the primary are remembered with their time;
 * the replica is as fresh as the newest of them that it has replayed. Clocks of two machines are never compared, and
 * a primary on which nothing happens makes no lag. A replica that has replayed none of them is infinitely behind.
 */
function measureLag(options: { primary: Pick<Database, 'row'>; replica: Queryable; nowMs: () => number }) {
  const marks: { at: number; lsn: bigint }[] = [];
  let lagMs = Infinity;
  return async (): Promise<number> => {
    const at = options.nowMs();
    const written = await options.primary.row<{ lsn: string }>(WRITTEN).catch(() => null);
    const replayed = BigInt((await options.replica.row<{ lsn: string }>(REPLAYED))!.lsn);
    // While the primary is away nothing new is written: what may be read stays as it was.
    if (!written) return lagMs;
    marks.push({ at, lsn: BigInt(written.lsn) });
    if (marks.length > MARKS_MAX) marks.shift();
    const reached = marks.findLast((mark) => mark.lsn <= replayed);
    const lacksSome = reached !== marks.at(-1);
    lagMs = lacksSome ? (reached ? options.nowMs() - reached.at : Infinity) : 0;
    return lagMs;
  };
}

// As text of a number: the distance from the beginning of the log, which is more than a float holds.
const WRITTEN = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text as lsn`;
const REPLAYED = `select pg_wal_lsn_diff(coalesce(pg_last_wal_replay_lsn(), '0/0'), '0/0')::text as lsn`;
