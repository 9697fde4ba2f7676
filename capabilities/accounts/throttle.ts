import type { Queryable } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { AccountKeys } from './keys.ts';

export type Limit = { kind: string; max: number; windowSeconds: number };

/** How often somebody may try. Counted in the database: a second process is no second chance. */
export const LIMITS = {
  codePerEmail: { kind: 'code email', max: 5, windowSeconds: 15 * 60 },
  codePerAddress: { kind: 'code address', max: 30, windowSeconds: 15 * 60 },
  verifyPerEmail: { kind: 'verify email', max: 15, windowSeconds: 15 * 60 },
  verifyPerAddress: { kind: 'verify address', max: 60, windowSeconds: 15 * 60 },
  passwordPerEmail: { kind: 'password email', max: 6, windowSeconds: 15 * 60 },
  passwordPerAddress: { kind: 'password address', max: 40, windowSeconds: 15 * 60 },
  secondFactorPerAccount: { kind: 'totp account', max: 6, windowSeconds: 15 * 60 },
  cpfPerAccount: { kind: 'cpf account', max: 10, windowSeconds: 60 * 60 },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;
export type Limits = Record<LimitName, Limit>;

export type Throttle = {
  /**
   * Counts one attempt at each limit and tells how many seconds to wait: 0 when it may go on. Counted before the
   * attempt is judged, so that a hundred at once are a hundred, and committed whatever becomes of it.
   */
  take(db: Queryable, attempts: readonly (readonly [LimitName, string])[]): Promise<number>;
  /** Forgets the count after a success. */
  clear(db: Queryable, limit: LimitName, subject: string): Promise<void>;
};

export function createThrottle(keys: AccountKeys, limits: Limits): Throttle {
  return {
    async take(db, attempts) {
      let wait = 0;
      for (const [name, subject] of attempts) {
        const limit = limits[name];
        const taken = await db.row<{ count: number; wait: number }>(TAKE, [
          keys.bucketOf(limit.kind, subject),
          limit.windowSeconds,
          limit.max + 1, // Stops counting there: a flood cannot overflow the column.
        ]);
        if (taken && taken.count > limit.max) wait = Math.max(wait, taken.wait, 1);
      }
      return wait;
    },
    async clear(db, name, subject) {
      await db.rows(CLEAR, [keys.bucketOf(limits[name].kind, subject)]);
    },
  };
}

/** For the worker, every few minutes: windows and codes that are over. */
export async function forgetOldAttempts(db: Queryable): Promise<void> {
  await db.rows(FORGET_ATTEMPTS);
  await db.rows(FORGET_CODES);
}

const TAKE = sql`
  insert into accounts.attempts as a (bucket, count, ends_at)
  values ($1, 1, statement_timestamp() + make_interval(secs => $2))
  on conflict (bucket) do update set
    count = case when a.ends_at <= statement_timestamp() then 1 else least(a.count + 1, $3::int) end,
    ends_at = case when a.ends_at <= statement_timestamp() then excluded.ends_at else a.ends_at end
  returning count, ceil(extract(epoch from ends_at - statement_timestamp()))::int as wait`;
const CLEAR = sql`delete from accounts.attempts where bucket = $1`;
const FORGET_ATTEMPTS = sql`
  delete from accounts.attempts where bucket in (
    select bucket from accounts.attempts where ends_at < now() order by ends_at limit 5000 for update skip locked)`;
const FORGET_CODES = sql`
  delete from accounts.sign_in_codes where email in (
    select email from accounts.sign_in_codes where expires_at < now() - interval '1 hour'
    order by expires_at limit 5000 for update skip locked)`;
