import { ROLES } from '#contracts/accounts';
import { listen, type Listener } from '#platform/listener';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import type { Clock } from '#platform/clock';
import { ownText } from '#platform/own-copy';
import { createRecentMap } from '#platform/recent-map';
import { findSession, type LiveSession, SESSIONS_CHANNEL } from './sessions.ts';

export type SessionCache = {
  /** What is remembered and trusted, without asking anybody; null when that has to be asked. */
  peek: (token: string) => LiveSession | null;
  resolve: (token: string) => Promise<LiveSession | null>;
  /** Drops what is remembered of an account, in this process, at once. */
  drop: (accountId: string) => void;
  /** The same for one token, whoever it is of. */
  dropToken: (token: string) => void;
  start: () => Promise<void>;
  close: () => Promise<void>;
};

/**
 * A session as it is kept, 200,000 times: every object more is one more that each full collection walks to, and in the
 * meantime everybody waits (docs/reference/performance.md). A Buffer of 16 bytes is four objects and memory outside of the heap,
 * so the key is text of one character a byte; milliseconds since 1970 are an object of their own, tenths of a second since
 * this process began are none.
 */
type Entry = Omit<LiveSession, 'buyerKey'> & { buyerKey: string | null; loadedAt: number };
const TENTH_MS = 100;

const keptOf = ({ sessionId, accountId, role, buyerKey }: LiveSession, ageMs: number): Entry => ({
  sessionId,
  accountId,
  role: ROLES.find((known) => known === role)!, // what comes from the database is a text of its own, each time
  buyerKey: buyerKey && buyerKey.toString('latin1'),
  loadedAt: Math.floor(ageMs / TENTH_MS),
});

const sessionOf = ({ sessionId, accountId, role, buyerKey }: Entry): LiveSession => ({
  sessionId,
  accountId,
  role,
  buyerKey: buyerKey === null ? null : Buffer.from(buyerKey, 'latin1'),
});

/** While revocations arrive, an entry lives long: 200,000 buyers cost 700 queries a second, not 20,000. */
const TRUST_LISTENING_MS = 5 * 60_000;
/** Without the listener a revoked session could live on this long, so it is short. */
const TRUST_DEAF_MS = 2_000;
export const ENTRIES_MAX = 200_000;

type Memory = {
  get(token: string): Entry | undefined;
  put(token: string, entry: Entry): void;
  forget(token: string): void;
  forgetAccount(accountId: string): void;
  clear(): void;
};

/** About `entriesMax` sessions by token; beyond it those not asked for lately go. */
function createMemory(entriesMax: number): Memory {
  // Nearly everybody has one.
  const tokensOf = new Map<string, string | Set<string>>();
  const link = ({ accountId }: Entry, token: string) => {
    const known = tokensOf.get(accountId);
    if (known === undefined) tokensOf.set(accountId, token);
    else if (typeof known === 'string') tokensOf.set(accountId, new Set([known, token]));
    else known.add(token);
  };
  const unlink = ({ accountId }: Entry, token: string) => {
    const known = tokensOf.get(accountId);
    if (typeof known === 'object') known.delete(token);
    if (known === token || (typeof known === 'object' && known.size === 0)) tokensOf.delete(accountId);
  };
  const entries = createRecentMap<string, Entry>(entriesMax, unlink);

  const forget = (token: string) => {
    const entry = entries.get(token);
    if (!entry) return;
    entries.delete(token);
    unlink(entry, token);
  };

  return {
    get: (token) => entries.get(token),
    put(token, entry) {
      forget(token);
      entries.set(token, entry);
      link(entry, token);
    },
    forget,
    forgetAccount(accountId) {
      const known = tokensOf.get(accountId) ?? [];
      for (const token of typeof known === 'string' ? [known] : known) forget(token);
    },
    clear() {
      entries.clear();
      tokensOf.clear();
    },
  };
}

/**
 * Sessions in memory, so that hot routes ask nobody. Revocation comes by NOTIFY from whichever process did it; after a
 * reconnection everything is forgotten, because what was said meanwhile is unknown. Unknown tokens are not remembered:
 * anybody can make them up without end.
 */
export function createSessionCache(deps: {
  db: Database;
  log: Log;
  clock: Clock;
  entriesMax?: number;
  onRevoked?: ((accountId: string | null) => void) | undefined;
}): SessionCache {
  const memory = createMemory(deps.entriesMax ?? ENTRIES_MAX);
  const loading = new Map<string, Promise<LiveSession | null>>();
  const began = deps.clock.now().getTime();
  const ageMs = () => deps.clock.now().getTime() - began;
  let epoch = 0;
  let listener: Listener | null = null;

  const load = async (token: string): Promise<LiveSession | null> => {
    const began = epoch;
    const session = await findSession(deps.db, token);
    // Somebody was revoked while we were reading; it may have been this one.
    if (session && began === epoch) memory.put(ownText(token), keptOf(session, ageMs()));
    return session;
  };

  const drop = (accountId: string) => {
    epoch += 1;
    loading.clear();
    memory.forgetAccount(accountId);
  };

  const dropAll = () => {
    epoch += 1;
    loading.clear();
    memory.clear();
  };

  const peek = (token: string): LiveSession | null => {
    const entry = memory.get(token);
    if (!entry) return null;
    const trustedMs = listener?.listening() ? TRUST_LISTENING_MS : TRUST_DEAF_MS;
    if (ageMs() - entry.loadedAt * TENTH_MS < trustedMs) return sessionOf(entry);
    memory.forget(token);
    return null;
  };

  return {
    peek,
    async resolve(token) {
      const known = peek(token);
      if (known) return known;
      const running = loading.get(token);
      if (running) return running;
      const started = load(token).finally(() => {
        if (loading.get(token) === started) loading.delete(token);
      });
      loading.set(token, started);
      return started;
    },
    drop,
    dropToken(token) {
      epoch += 1;
      loading.delete(token);
      memory.forget(token);
    },
    async start() {
      const { db, log } = deps;
      const onMessage = (accountId: string) => {
        drop(accountId);
        deps.onRevoked?.(accountId);
      };
      const onUp = () => {
        dropAll();
        deps.onRevoked?.(null);
      };
      listener = await listen({ db, channel: SESSIONS_CHANNEL, onMessage, onUp, log });
    },
    async close() {
      await listener?.close();
      listener = null;
    },
  };
}
