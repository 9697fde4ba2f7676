import { createHash } from 'node:crypto';
import type { Role, SessionList } from '#contracts/accounts';
import { tokenHash } from '#platform/crypto';
import { newId, newSecret } from '#platform/ids';
import type { Queryable, Transaction } from '#platform/postgres';
import { prepared, sql } from '#platform/sql';

export const SESSIONS_CHANNEL = 'sessions_revoked';

/** How a session was opened decides its role: a manager who signs in by e-mail code is a buyer in that session. */
export type Strength = 'code' | 'second_factor';
export type Awaiting = 'totp' | 'enrol';

export type LiveSession = {
  sessionId: string;
  accountId: string;
  role: Role;
  buyerKey: Buffer | null;
};

const LIFETIMES: Record<Strength, { idleSeconds: number; absoluteSeconds: number }> = {
  code: { idleSeconds: 30 * 86_400, absoluteSeconds: 90 * 86_400 },
  // A shift at the door, and its breaks.
  second_factor: { idleSeconds: 4 * 3600, absoluteSeconds: 12 * 3600 },
};
const HALF_OPEN_SECONDS = 10 * 60;
/** For so long a lost answer to a sign-in can be asked again, see `reissue`. */
const REISSUE_SECONDS = 120;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Names the keyed request that opens a session, so that its replay finds the session instead of making another. */
export function signInKeyOf(caller: string, key: string): Buffer {
  return createHash('sha256').update(`${caller}\n${key}`).digest();
}

/**
 * Opens a session and gives its token, the only time it is ever seen. The session that the browser had before ends:
 * what somebody planted there is worth nothing after a sign-in.
 */
export async function openSession(
  tx: Transaction,
  session: {
    accountId: string;
    strength: Strength;
    awaiting: Awaiting | null;
    device: string;
    signInKey: Buffer;
    previousToken: string | null;
  },
): Promise<{ token: string; sessionId: string }> {
  if (session.previousToken) await endByToken(tx, session.previousToken);
  const token = newSecret();
  const sessionId = newId();
  const life = LIFETIMES[session.strength];
  await tx.rows(OPEN, [
    sessionId,
    tokenHash(token),
    session.accountId,
    session.strength,
    session.awaiting,
    session.device.slice(0, 100),
    session.signInKey,
    session.awaiting ? HALF_OPEN_SECONDS : life.idleSeconds,
    session.awaiting ? HALF_OPEN_SECONDS : life.absoluteSeconds,
  ]);
  return { token, sessionId };
}

/** The second factor was right: the same session, now counting, under a new token. */
export async function completeSession(tx: Transaction, sessionId: string, signInKey: Buffer): Promise<string | null> {
  const token = newSecret();
  const life = LIFETIMES.second_factor;
  const done = await tx.row(COMPLETE, [sessionId, tokenHash(token), signInKey, life.idleSeconds, life.absoluteSeconds]);
  return done ? token : null;
}

/**
 * The answer to a sign-in never reached the browser and it asks again with the same key: the same session gets a new
 * token (the lost one dies), for two minutes. Tokens are in no stored answer, and no second session is made.
 */
export async function reissue(
  db: Queryable,
  signInKey: Buffer,
): Promise<{ token: string; accountId: string; awaiting: Awaiting | null } | null> {
  const token = newSecret();
  const row = await db.row<{ account_id: string; awaiting: Awaiting | null }>(REISSUE, [
    signInKey,
    tokenHash(token),
    REISSUE_SECONDS,
  ]);
  return row ? { token, accountId: row.account_id, awaiting: row.awaiting } : null;
}

/** The live session of a token, or null when unknown, half open, idle too long, too old, or ended. */
export async function findSession(db: Queryable, token: string): Promise<LiveSession | null> {
  if (!TOKEN.test(token)) return null;
  const row = await db.row<{
    session_id: string;
    account_id: string;
    role: Role;
    buyer_key: Buffer | null;
    stale: boolean;
  }>(FIND, [tokenHash(token)]);
  if (!row) return null;
  if (row.stale) await db.rows(TOUCH, [row.session_id]);
  return { sessionId: row.session_id, accountId: row.account_id, role: row.role, buyerKey: row.buyer_key };
}

export type HalfOpenSession = { sessionId: string; accountId: string; awaiting: Awaiting };

/** A session that still awaits its second factor. Locked until the transaction ends. */
export async function findHalfOpen(tx: Transaction, token: string): Promise<HalfOpenSession | null> {
  if (!TOKEN.test(token)) return null;
  const row = await tx.row<{ session_id: string; account_id: string; awaiting: Awaiting }>(FIND_HALF_OPEN, [
    tokenHash(token),
  ]);
  return row ? { sessionId: row.session_id, accountId: row.account_id, awaiting: row.awaiting } : null;
}

/** Whose half-open session a token is, without locking it: for the limit that counts before judging. */
export async function halfOpenAccount(db: Queryable, token: string): Promise<string | null> {
  if (!TOKEN.test(token)) return null;
  const row = await db.row<{ account_id: string }>(PEEK_HALF_OPEN, [tokenHash(token)]);
  return row?.account_id ?? null;
}

export async function listSessions(db: Queryable, accountId: string, current: string | null): Promise<SessionList> {
  const rows = await db.rows<{ session_id: string; created_at: Date; last_seen_at: Date; device: string }>(LIST, [
    accountId,
  ]);
  return rows.map((row) => ({
    sessionId: row.session_id,
    createdAt: row.created_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    device: row.device,
    current: row.session_id === current,
  }));
}

/** Ends one session of this account; false when it has no such session. Every process hears of it at commit. */
export async function endSession(tx: Transaction, accountId: string, sessionId: string): Promise<boolean> {
  const ended = await tx.row(END, [sessionId, accountId]);
  if (ended) await tellRevoked(tx, accountId);
  return ended !== null;
}

export async function endAllSessions(tx: Transaction, accountId: string): Promise<void> {
  await tx.rows(END_ALL, [accountId]);
  await tellRevoked(tx, accountId);
}

async function endByToken(tx: Transaction, token: string): Promise<void> {
  if (!TOKEN.test(token)) return;
  const ended = await tx.row<{ account_id: string }>(END_BY_TOKEN, [tokenHash(token)]);
  if (ended) await tellRevoked(tx, ended.account_id);
}

/** Makes every process read this account's sessions anew: after an end, a new role, a CPF bound. */
export async function tellRevoked(tx: Transaction, accountId: string): Promise<void> {
  await tx.rows(TELL, [SESSIONS_CHANNEL, accountId]);
}

/** For the worker: sessions whose time is over. */
export async function forgetOldSessions(db: Queryable): Promise<void> {
  await db.rows(FORGET);
}

const OPEN = sql`
  insert into accounts.sessions (session_id, token_hash, account_id, strength, awaiting, device, sign_in_key,
    idle_seconds, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, now() + make_interval(secs => $9))`;
const COMPLETE = sql`
  update accounts.sessions set token_hash = $2, sign_in_key = $3, awaiting = null, rotated_at = now(),
    last_seen_at = now(), idle_seconds = $4, expires_at = now() + make_interval(secs => $5)
  where session_id = $1 and awaiting is not null
  returning 1 as done`;
const REISSUE = sql`
  update accounts.sessions set token_hash = $2
  where sign_in_key = $1 and rotated_at > now() - make_interval(secs => $3) and expires_at > now()
  returning account_id, awaiting`;
const FIND = prepared(
  'find_session',
  sql`
  select s.session_id, s.account_id, a.buyer_key,
    case when s.strength = 'second_factor' then a.role else 'buyer' end as role,
    s.last_seen_at < now() - interval '5 minutes' as stale
  from accounts.sessions s join accounts.accounts a using (account_id)
  where s.token_hash = $1 and s.awaiting is null and s.expires_at > now()
    and s.last_seen_at > now() - make_interval(secs => s.idle_seconds) and a.erased_at is null`,
);
const TOUCH = sql`update accounts.sessions set last_seen_at = now() where session_id = $1`;
const FIND_HALF_OPEN = sql`
  select session_id, account_id, awaiting from accounts.sessions
  where token_hash = $1 and awaiting is not null and expires_at > now() for update`;
const PEEK_HALF_OPEN = sql`
  select account_id from accounts.sessions where token_hash = $1 and awaiting is not null and expires_at > now()`;
const LIST = sql`
  select session_id, created_at, last_seen_at, device from accounts.sessions
  where account_id = $1 and awaiting is null and expires_at > now()
    and last_seen_at > now() - make_interval(secs => idle_seconds)
  order by last_seen_at desc limit 100`;
const END = sql`delete from accounts.sessions where session_id = $1 and account_id = $2 returning 1 as ended`;
const END_ALL = sql`delete from accounts.sessions where account_id = $1`;
const END_BY_TOKEN = sql`delete from accounts.sessions where token_hash = $1 returning account_id`;
const TELL = sql`select pg_notify($1, $2)`;
const FORGET = sql`
  delete from accounts.sessions where session_id in (
    select session_id from accounts.sessions where expires_at < now() order by expires_at limit 5000
    for update skip locked)`;
