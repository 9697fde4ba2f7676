import type { Role } from '#contracts/accounts';
import { type Clock, systemClock } from '#platform/clock';
import type { Log } from '#platform/log';
import type { Database, Queryable, Transaction } from '#platform/postgres';
import { bindCpf } from './bind-cpf.ts';
import { type Locale, requestCode, verifyCode } from './buyer-sign-in.ts';
import { accountKeys } from './keys.ts';
import { eraseAccount, exportPersonalData, readMe } from './personal-data.ts';
import { createSessionCache } from './session-cache.ts';
import { endAllSessions, endSession, halfOpenAccount, listSessions, reissue } from './sessions.ts';
import { checkPassword, enrolmentUrl, openStaffSession, passSecondFactor } from './staff-sign-in.ts';
import { createThrottle, LIMITS, type LimitName, type Limits } from './throttle.ts';

export type AccountsDeps = {
  db: Database;
  log: Log;
  cpfHmacKey: string;
  cpfEncryptionKey: string;
  clock?: Clock;
  limits?: Partial<Limits>;
  sessionsInMemoryMax?: number;
  /** An account's sessions are no longer what they were; null when that may be true of anybody's. For open streams. */
  onRevoked?: (accountId: string | null) => void;
};

export type Accounts = ReturnType<typeof createAccounts>;

/** People: who they are, how they prove it, and the sessions that remember it. Call `start` before serving. */
export function createAccounts(options: AccountsDeps) {
  const clock = options.clock ?? systemClock;
  const keys = accountKeys(options);
  const throttle = createThrottle(keys, { ...LIMITS, ...options.limits });
  const deps = { keys, clock, throttle };
  const cache = createSessionCache({
    db: options.db,
    log: options.log,
    clock,
    onRevoked: options.onRevoked,
    ...(options.sessionsInMemoryMax ? { entriesMax: options.sessionsInMemoryMax } : {}),
  });

  return {
    /** From memory on hot routes; null for unknown, half-open, expired and revoked tokens. */
    resolveSession: cache.resolve,
    /** The same without waiting: null also for a session that has to be read first. */
    peekSession: cache.peek,
    /** After a commit that changed an account's sessions: this process must not wait for its own notification. */
    forgetSessions: cache.drop,
    forgetToken: cache.dropToken,
    start: cache.start,
    close: cache.close,
    /** Seconds to wait before this attempt may be judged; 0 when it may. Counts it. */
    attempt: (attempts: readonly (readonly [LimitName, string])[]) => throttle.take(options.db, attempts),
    requestCode: (tx: Transaction, request: { email: string; locale: Locale; correlationId: string }) =>
      requestCode(tx, deps, request),
    verifyCode: (tx: Transaction, request: Parameters<typeof verifyCode>[2]) => verifyCode(tx, deps, request),
    checkPassword: (request: { email: string; password: string }) => checkPassword(options.db, request),
    openStaffSession: (tx: Transaction, request: Parameters<typeof openStaffSession>[2]) =>
      openStaffSession(tx, deps, request),
    enrolmentUrl: (accountId: string) => enrolmentUrl(options.db, deps, accountId),
    passSecondFactor: (tx: Transaction, request: Parameters<typeof passSecondFactor>[2]) =>
      passSecondFactor(tx, deps, request),
    reissue: (signInKey: Buffer) => reissue(options.db, signInKey),
    /** Whose half-open session a token is, without locking it: for the limit that counts before judging. */
    halfOpenAccount: (token: string) => halfOpenAccount(options.db, token),
    blind: (text: string) => keys.blind(text),
    bindCpf: (tx: Transaction, request: Parameters<typeof bindCpf>[2]) => bindCpf(tx, deps, request),
    readMe: (db: Queryable, who: { accountId: string; role: Role }) => readMe(db, deps, who),
    listSessions: (accountId: string, current: string | null) => listSessions(options.db, accountId, current),
    endSession,
    endAllSessions,
    exportPersonalData: (accountId: string) => exportPersonalData(options.db, deps, accountId),
    eraseAccount,
  };
}
