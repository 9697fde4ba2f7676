import { hash, verify } from '@node-rs/argon2';
import { Secret, TOTP } from 'otpauth';
import type { Role } from '#contracts/accounts';
import type { Clock } from '#platform/clock';
import { newId } from '#platform/ids';
import type { Database, Queryable, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { normalEmail } from './buyer-sign-in.ts';
import type { AccountKeys } from './keys.ts';
import { type Awaiting, completeSession, endAllSessions, findHalfOpen, openSession } from './sessions.ts';
import type { Throttle } from './throttle.ts';

const STEP_SECONDS = 30;
/** Steps before and after now that are accepted: phones' clocks differ. */
const STEP_WINDOW = 1;
const ISSUER = 'Poltrona';
/** 19 MiB, two passes (argon2id): what OWASP asks for; 11 ms here. */
const PASSWORD_COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
export const PASSWORD_LENGTH_MIN = 12;

type Credentials = { account_id: string; password_hash: string; confirmed: boolean };

let strangersHash: Promise<string> | undefined;

/**
 * Whether the password is that of a member of staff. An unknown address costs the same hash, so that time tells
 * nothing. Not inside a transaction: a hash must not hold a connection.
 */
export async function checkPassword(
  db: Queryable,
  request: { email: string; password: string },
): Promise<{ accountId: string; awaiting: Awaiting } | null> {
  strangersHash ??= hash('nobody has this password', PASSWORD_COST);
  const found = await db.row<Credentials>(FIND_CREDENTIALS, [normalEmail(request.email)]);
  const right = await verify(found?.password_hash ?? (await strangersHash), request.password);
  return right && found ? { accountId: found.account_id, awaiting: found.confirmed ? 'totp' : 'enrol' } : null;
}

/** Opens a session that counts for nothing until its second factor, and makes the secret of one who has none yet. */
export async function openStaffSession(
  tx: Transaction,
  deps: { keys: AccountKeys; throttle: Throttle },
  request: {
    email: string;
    accountId: string;
    awaiting: Awaiting;
    device: string;
    signInKey: Buffer;
    previousToken: string | null;
  },
): Promise<string> {
  await deps.throttle.clear(tx, 'passwordPerEmail', normalEmail(request.email));
  if (request.awaiting === 'enrol') {
    // A secret shown before stays: the person may have scanned it already.
    const secret = deps.keys.totpSealer.seal(new Secret({ size: 20 }).base32, request.accountId);
    await tx.rows(OFFER_SECRET, [request.accountId, secret]);
  }
  const opened = await openSession(tx, { ...request, strength: 'second_factor' });
  return opened.token;
}

/** The otpauth address to scan while enrolling; null once enrolled: it is never shown again. */
export async function enrolmentUrl(
  db: Queryable,
  deps: { keys: AccountKeys },
  accountId: string,
): Promise<string | null> {
  const row = await db.row<{ email: string; sealed_totp: Buffer }>(FIND_OFFERED, [accountId]);
  return row ? totpOf(deps.keys.totpSealer.open(row.sealed_totp, accountId), row.email).toString() : null;
}

export type SecondFactorAnswer =
  | { outcome: 'signed_in'; token: string; accountId: string; role: Role }
  | { outcome: 'code_wrong' }
  | { outcome: 'sign_in_expired' }; // No half-open session: begin with the password.

/** Judges the six digits. A right code is right once: its step and all before are used up, in any process. */
export async function passSecondFactor(
  tx: Transaction,
  deps: { keys: AccountKeys; clock: Clock; throttle: Throttle },
  request: { token: string; code: string; signInKey: Buffer },
): Promise<SecondFactorAnswer> {
  const halfOpen = await findHalfOpen(tx, request.token);
  if (!halfOpen) return { outcome: 'sign_in_expired' };
  const stored = await tx.row<{ sealed_totp: Buffer; role: Role }>(FIND_SECRET, [halfOpen.accountId]);
  if (!stored) return { outcome: 'sign_in_expired' };
  const totp = totpOf(deps.keys.totpSealer.open(stored.sealed_totp, halfOpen.accountId), '');
  const timestamp = deps.clock.now().getTime();
  const delta = totp.validate({ token: request.code, timestamp, window: STEP_WINDOW });
  if (delta === null) return { outcome: 'code_wrong' };
  const step = TOTP.counter({ period: STEP_SECONDS, timestamp }) + delta;
  const fresh = await tx.row(USE_STEP, [halfOpen.accountId, step]);
  if (!fresh) return { outcome: 'code_wrong' };
  const token = await completeSession(tx, halfOpen.sessionId, request.signInKey);
  if (!token) return { outcome: 'sign_in_expired' };
  await deps.throttle.clear(tx, 'secondFactorPerAccount', halfOpen.accountId);
  return { outcome: 'signed_in', token, accountId: halfOpen.accountId, role: stored.role };
}

/**
 * Makes a member of staff, or brings one to these facts; safe to repeat. With a second factor (its secret in base32) the
 * person counts as enrolled; without it the first sign-in enrols. A changed password or role ends the person's sessions.
 */
export async function createStaff(
  db: Database,
  staff: { email: string; name: string; role: Exclude<Role, 'buyer'>; password: string },
  secondFactor?: { keys: AccountKeys; totpSecret: string },
): Promise<{ accountId: string; created: boolean }> {
  if (staff.password.length < PASSWORD_LENGTH_MIN) throw new Error(`password_too_short: ${PASSWORD_LENGTH_MIN}`);
  const email = normalEmail(staff.email);
  const before = await db.row<Credentials & { role: Role }>(FIND_CREDENTIALS, [email]);
  const samePassword = before !== null && (await verify(before.password_hash, staff.password));
  const passwordHash = samePassword ? before.password_hash : await hash(staff.password, PASSWORD_COST);
  return db.transaction(async (tx) => {
    const row = await tx.row<{ account_id: string }>(PUT_STAFF, [newId(), email, staff.name, staff.role]);
    const accountId = row!.account_id;
    const sealed = secondFactor
      ? secondFactor.keys.totpSealer.seal(Secret.fromBase32(secondFactor.totpSecret).base32, accountId)
      : null;
    await tx.rows(PUT_CREDENTIALS, [accountId, passwordHash, sealed]);
    if (before && (!samePassword || before.role !== staff.role)) await endAllSessions(tx, accountId);
    return { accountId, created: before === null };
  });
}

function totpOf(secret: string, label: string): TOTP {
  return new TOTP({
    issuer: ISSUER,
    label: label || ISSUER,
    algorithm: 'SHA1', // What every authenticator app understands.
    digits: 6,
    period: STEP_SECONDS,
    secret: Secret.fromBase32(secret),
  });
}

const FIND_CREDENTIALS = sql`
  select a.account_id, a.role, c.password_hash, c.totp_confirmed_at is not null as confirmed
  from accounts.accounts a join accounts.staff_credentials c using (account_id)
  where a.email = $1 and a.role <> 'buyer'`;
const OFFER_SECRET = sql`
  update accounts.staff_credentials set sealed_totp = coalesce(sealed_totp, $2)
  where account_id = $1 and totp_confirmed_at is null`;
const FIND_OFFERED = sql`
  select a.email, c.sealed_totp from accounts.staff_credentials c join accounts.accounts a using (account_id)
  where c.account_id = $1 and c.totp_confirmed_at is null and c.sealed_totp is not null`;
const FIND_SECRET = sql`
  select c.sealed_totp, a.role from accounts.staff_credentials c join accounts.accounts a using (account_id)
  where c.account_id = $1 and c.sealed_totp is not null and a.role <> 'buyer'`;
const USE_STEP = sql`
  update accounts.staff_credentials
  set totp_last_step = $2, totp_confirmed_at = coalesce(totp_confirmed_at, now())
  where account_id = $1 and coalesce(totp_last_step, 0) < $2
  returning 1 as fresh`;
const PUT_STAFF = sql`
  insert into accounts.accounts as a (account_id, email, name, role) values ($1, $2, $3, $4)
  on conflict (email) do update set name = excluded.name, role = excluded.role
  returning account_id`;
const PUT_CREDENTIALS = sql`
  insert into accounts.staff_credentials as c (account_id, password_hash, sealed_totp, totp_confirmed_at)
  values ($1, $2, $3, case when $3::bytea is null then null else now() end)
  on conflict (account_id) do update set password_hash = excluded.password_hash,
    sealed_totp = coalesce(excluded.sealed_totp, c.sealed_totp),
    totp_confirmed_at = coalesce(c.totp_confirmed_at, excluded.totp_confirmed_at), updated_at = now()`;
