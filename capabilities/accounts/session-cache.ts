import { listen, type Listener } from '#platform/listener';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import type { Clock } from '#platform/clock';
import { ownBytes, ownText } from '#platform/own-copy';
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

type Entry = { session: LiveSession; loadedAt: number };

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
  const tokensOf = new Map<string, Set<string>>();
  const unlink = ({ session }: Entry, token: string) => {
    const tokens = tokensOf.get(session.accountId);
    tokens?.delete(token);
    if (tokens?.size === 0) tokensOf.delete(session.accountId);
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
      const tokens = tokensOf.get(entry.session.accountId);
      if (tokens) tokens.add(token);
      else tokensOf.set(entry.session.accountId, new Set([token]));
    },
    forget,
    forgetAccount(accountId) {
      for (const token of tokensOf.get(accountId) ?? []) forget(token);
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
  let epoch = 0;
  let listener: Listener | null = null;

  const load = async (token: string): Promise<LiveSession | null> => {
    const began = epoch;
    const found = await findSession(deps.db, token);
    const session = found && { ...found, buyerKey: found.buyerKey && ownBytes(found.buyerKey) };
    // Somebody was revoked while we were reading; it may have been this one.
    if (session && began === epoch) memory.put(ownText(token), { session, loadedAt: deps.clock.now().getTime() });
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
    if (deps.clock.now().getTime() - entry.loadedAt < trustedMs) return entry.session;
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
