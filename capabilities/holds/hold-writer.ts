import pg from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '#platform/fault';
import { isConnectionFailure, sqlState } from '#platform/postgres';

/** A connection of its own to the database: statements prepared once, and nothing between them and the socket. */
export type HoldWriter = {
  call<R extends pg.QueryResultRow>(statement: { name: string; text: string }, values: unknown[]): Promise<R[]>;
  close(): Promise<void>;
};

const TRIES_MAX = 6;
const BACKOFF_MS = 40;
const STATEMENT_TIMEOUT_MS = 10_000;

// 23505: another process stored the answer of the same idempotency key first; run again, it is found and replayed.
const RUN_AGAIN = new Set(['40001', '40P01', '55P03', '23505']);

/**
 * Runs the statement again after deadlocks, and after a lost connection, when nobody knows whether it committed: the
 * idempotency keys inside make the second run answer what the first has done.
 */
export function createHoldWriter(options: { connectionString: string; applicationName: string }): HoldWriter {
  let client: pg.Client | null = null;
  let connecting: Promise<pg.Client> | null = null;
  let closed = false;

  /** Many who ask at once wait for the same connection: there is never a second. */
  const connected = async (): Promise<pg.Client> => {
    if (client) return client;
    connecting ??= connect().finally(() => {
      connecting = null;
    });
    return connecting;
  };
  const connect = async (): Promise<pg.Client> => {
    const fresh = new pg.Client({
      connectionString: options.connectionString,
      application_name: options.applicationName,
      connectionTimeoutMillis: 5_000,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      pipeline: true,
    } as pg.ClientConfig);
    // A dead connection speaks through the next call; unheard, its error event would end the process.
    fresh.on('error', () => drop(fresh));
    fresh.on('end', () => drop(fresh));
    await fresh.connect();
    client = fresh;
    return fresh;
  };
  const drop = (dead: pg.Client) => {
    if (client === dead) client = null;
    dead.end().catch(() => {});
  };

  return {
    call: async (statement, values) => {
      for (let tries = 1; ; tries += 1) {
        let used: pg.Client | null = null;
        try {
          used = await connected();
          return (await used.query({ ...statement, values })).rows;
        } catch (error) {
          const broken = isConnectionFailure(error);
          if (broken && used) drop(used);
          if (closed || (!broken && !RUN_AGAIN.has(sqlState(error) ?? ''))) throw error;
          if (tries === TRIES_MAX) {
            throw new Fault(broken ? 'database_unavailable' : 'database_busy', { retryable: true, cause: error });
          }
          // Spread, so that the two sides of a deadlock do not meet again.
          await wait(BACKOFF_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
        }
      }
    },
    close: async () => {
      closed = true;
      await client?.end();
      client = null;
    },
  };
}
