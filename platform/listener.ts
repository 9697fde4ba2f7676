import pg from 'pg';
import type { Log } from './log.ts';
import type { Database } from './postgres.ts';

export type Listener = {
  /** Whether messages are arriving. While false, whoever caches must not trust what they have for long. */
  listening(): boolean;
  close(): Promise<void>;
};

const RETRY_MS = 1_000;
const CONNECT_MS = 5_000;
const HEARTBEAT_MS = 5_000;
const HEARTBEAT_PATIENCE_MS = 4_000;

/**
 * Listens to a NOTIFY channel on a connection of its own and reconnects for ever. A connection that has silently died
 * looks alive to LISTEN, so it is asked every five seconds. `onUp` runs whenever listening (re)starts: what was missed
 * in between is unknown, so drop what was remembered.
 */
export async function listen(options: {
  db: Pick<Database, 'connectionString'>;
  channel: string;
  onMessage(payload: string): void;
  onUp(): void;
  log: Log;
}): Promise<Listener> {
  const { db, channel, log } = options;
  if (!/^[a-z_]+$/.test(channel)) throw new Error('bug: a channel is lower-case letters and underscores');
  let client: pg.Client | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const drop = (error?: Error) => {
    if (!client) return;
    const dead = client;
    client = null;
    dead.removeAllListeners('notification');
    dead.end(() => {});
    if (!closed) {
      log.warn({ err: error, channel }, 'listener lost its connection');
      schedule(connect, RETRY_MS);
    }
  };

  const connect = async () => {
    try {
      // Not from the pool: a listener never gives its connection back, and the pool's close would wait for it.
      const fresh = new pg.Client({ connectionString: db.connectionString, connectionTimeoutMillis: CONNECT_MS });
      fresh.on('error', drop);
      await fresh.connect();
      fresh.on('notification', (message) => options.onMessage(message.payload ?? ''));
      await fresh.query(`listen ${channel}`);
      if (closed) return await fresh.end();
      client = fresh;
      options.onUp();
      schedule(heartbeat, HEARTBEAT_MS);
    } catch (error) {
      log.warn({ err: error, channel }, 'listener could not connect');
      if (!closed) schedule(connect, RETRY_MS);
    }
  };

  const heartbeat = async () => {
    const asked = client;
    if (!asked) return;
    const patience = setTimeout(() => drop(new Error('listener did not answer')), HEARTBEAT_PATIENCE_MS);
    try {
      await asked.query('select 1');
      if (client === asked) schedule(heartbeat, HEARTBEAT_MS);
    } catch (error) {
      if (client === asked) drop(error as Error);
    } finally {
      clearTimeout(patience);
    }
  };

  const schedule = (run: () => Promise<unknown>, delayMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void run(), delayMs);
    timer.unref();
  };

  await connect();
  return {
    listening: () => client !== null,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      drop();
    },
  };
}
