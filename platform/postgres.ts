import pg from 'pg';
import { Fault } from './fault.ts';
import type { Prepared } from './sql.ts';

export type Row = Record<string, unknown>;

/** What can run a statement: the pool, or a transaction in progress. */
export type Queryable = {
  rows<R extends Row = Row>(statement: string | Prepared, values?: readonly unknown[]): Promise<R[]>;
  /** The only row, or null. More than one row is a bug. */
  row<R extends Row = Row>(statement: string | Prepared, values?: readonly unknown[]): Promise<R | null>;
};

/** A transaction in progress. Write functions demand one; there is no ambient transaction. */
export type Transaction = Queryable & { readonly client: pg.ClientBase };

export type Database = Queryable & {
  /** READ COMMITTED. Deadlocks and serialization failures are run again, three times at most. */
  transaction<T>(run: (tx: Transaction) => Promise<T>): Promise<T>;
  /** A connection of its own for COPY, LISTEN and cursors; `release` gives it back. */
  connect(): Promise<pg.PoolClient>;
  readonly connectionString: string;
  close(): Promise<void>;
};

// int8 as number: no counter of ours comes near 2^53, and bigint breaks JSON. Dates stay text ('2026-11-22').
pg.types.setTypeParser(20, Number);
pg.types.setTypeParser(1082, (text) => text);

const RETRYABLE_SQLSTATES = new Set(['40001', '40P01', '55P03']);
const TRANSACTION_TRIES_MAX = 3;

function wrap(runner: pg.Pool | pg.ClientBase): Queryable {
  const rows = async <R extends Row>(statement: string | Prepared, values: readonly unknown[] = []): Promise<R[]> => {
    const asked = typeof statement === 'string' ? { text: statement } : statement;
    return (await runner.query<R>({ ...asked, values: values as unknown[] })).rows;
  };
  return {
    rows,
    row: async <R extends Row>(statement: string | Prepared, values: readonly unknown[] = []) => {
      const found = await rows<R>(statement, values);
      if (found.length > 1) throw new Error('bug: one row expected, several came');
      return found[0] ?? null;
    },
  };
}

export function sqlState(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code)
    ? error.code
    : null;
}

/** Whether the connection or the server failed, rather than the statement. */
export function isConnectionFailure(error: unknown): boolean {
  const state = sqlState(error);
  if (state) return state.startsWith('08') || state.startsWith('57P') || state === '53300';
  return error instanceof Error && /ECONN|EPIPE|terminat|Connection|timeout/i.test(error.message);
}

const QUERY_CANCELED = '57014';

/** The code of a problem when the world failed, a statement that took too long among it; null for a bug. */
export function faultCodeOf(error: unknown): string | null {
  if (error instanceof Fault) return error.code;
  if (sqlState(error) === QUERY_CANCELED) return 'database_busy';
  return isConnectionFailure(error) ? 'database_unavailable' : null;
}

export function createDatabase(options: {
  connectionString: string;
  connectionsMax: number;
  statementTimeoutMs?: number;
  connectTimeoutMs?: number;
  /** PostgreSQL itself refuses every write. */
  readOnly?: boolean;
  applicationName?: string;
}): Database {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.connectionsMax,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    application_name: options.applicationName ?? 'poltrona',
    ...(options.readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
  });
  // A connection that dies must not bring the process down: not while idle (the pool speaks; the next query opens
  // another), and not between two statements of a transaction (the client speaks; the next statement fails).
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  const once = async <T>(run: (tx: Transaction) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const answer = await run({ ...wrap(client), client });
      await client.query('commit');
      return answer;
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  };

  return {
    ...wrap(pool),
    connectionString: options.connectionString,
    connect: () => pool.connect(),
    close: () => pool.end(),
    transaction: async (run) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(run);
        } catch (error) {
          const retryable = RETRYABLE_SQLSTATES.has(sqlState(error) ?? '');
          if (!retryable) throw error;
          if (attempt === TRANSACTION_TRIES_MAX) {
            throw new Fault('database_busy', { retryable: true, cause: error });
          }
        }
      }
    },
  };
}
