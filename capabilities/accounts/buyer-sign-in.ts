import { randomInt } from 'node:crypto';
import { queueEmail } from '#capabilities/notifications';
import { sameBytes } from '#platform/crypto';
import { newId } from '#platform/ids';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { AccountKeys } from './keys.ts';
import { openSession } from './sessions.ts';
import type { Throttle } from './throttle.ts';

export type Locale = 'pt-BR' | 'en';

export const CODE_MINUTES = 10;
export const CODE_TRIES_MAX = 5;

/** One address, one spelling. The part before the @ could in theory mind its case; no mail provider does. */
export function normalEmail(email: string): string {
  return email.trim().normalize('NFC').toLowerCase();
}

/**
 * Mails a fresh code to the address. Nothing here asks whether an account exists, so nothing can tell. A newer code
 * replaces the older one.
 */
export async function requestCode(
  tx: Transaction,
  deps: { keys: AccountKeys },
  request: { email: string; locale: Locale; correlationId: string },
): Promise<void> {
  const email = normalEmail(request.email);
  const codeId = newId();
  const code = String(randomInt(1_000_000)).padStart(6, '0');
  await tx.rows(PUT_CODE, [email, codeId, deps.keys.codeHash(email, code), request.locale, CODE_MINUTES]);
  await queueEmail(tx, {
    template: 'sign_in_code',
    subjectKey: codeId,
    recipient: email,
    locale: request.locale,
    // The row of the mail outlives the code's secrecy, so the code lies there sealed, and only until it is sent.
    data: { sealedCode: deps.keys.mailSealer.seal(code, codeId).toString('base64'), minutes: CODE_MINUTES },
    correlationId: request.correlationId,
  });
}

export type CodeAnswer =
  | { outcome: 'signed_in'; token: string; accountId: string }
  | { outcome: 'code_wrong'; triesLeft: number }
  | { outcome: 'code_expired' }; // None was asked for, too old, used, or tried too often: ask for another.

/**
 * Exchanges a code for a session, once: the row is locked while it is judged and gone when it was right, so of two
 * processes with the same code the second finds none. Makes the account at the first sign-in.
 */
export async function verifyCode(
  tx: Transaction,
  deps: { keys: AccountKeys; throttle: Throttle },
  request: { email: string; code: string; device: string; signInKey: Buffer; previousToken: string | null },
): Promise<CodeAnswer> {
  const email = normalEmail(request.email);
  const tried = await tx.row<{ code_hash: Buffer; tries: number; locale: Locale }>(TRY_CODE, [email, CODE_TRIES_MAX]);
  if (!tried) return { outcome: 'code_expired' };
  if (!sameBytes(tried.code_hash, deps.keys.codeHash(email, request.code))) {
    return { outcome: 'code_wrong', triesLeft: CODE_TRIES_MAX - tried.tries };
  }
  await tx.rows(DROP_CODE, [email]);
  await deps.throttle.clear(tx, 'verifyPerEmail', email);
  await deps.throttle.clear(tx, 'codePerEmail', email);
  const account = await tx.row<{ account_id: string }>(FIND_OR_MAKE, [newId(), email, tried.locale]);
  const opened = await openSession(tx, {
    accountId: account!.account_id,
    strength: 'code',
    awaiting: null,
    device: request.device,
    signInKey: request.signInKey,
    previousToken: request.previousToken,
  });
  return { outcome: 'signed_in', token: opened.token, accountId: account!.account_id };
}

const PUT_CODE = sql`
  insert into accounts.sign_in_codes (email, code_id, code_hash, locale, expires_at)
  values ($1, $2, $3, $4, now() + make_interval(mins => $5))
  on conflict (email) do update set code_id = excluded.code_id, code_hash = excluded.code_hash,
    locale = excluded.locale, tries = 0, created_at = now(), expires_at = excluded.expires_at`;
const TRY_CODE = sql`
  update accounts.sign_in_codes set tries = tries + 1
  where email = $1 and tries < $2 and expires_at > statement_timestamp()
  returning code_hash, tries, locale`;
const DROP_CODE = sql`delete from accounts.sign_in_codes where email = $1`;
// The empty update returns the row that is already there, also to whoever lost the race to insert it.
const FIND_OR_MAKE = sql`
  insert into accounts.accounts as a (account_id, email, locale) values ($1, $2, $3)
  on conflict (email) do update set email = a.email
  returning account_id`;
