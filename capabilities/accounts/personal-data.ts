import { maskCpf } from '#contracts/cpf';
import type { Me, Role } from '#contracts/accounts';
import { forgetAnswersOf } from '#platform/idempotency';
import type { Queryable, Transaction } from '#platform/postgres';
import { prepared, sql } from '#platform/sql';
import type { AccountKeys } from './keys.ts';
import { endAllSessions, listSessions } from './sessions.ts';

type AccountRow = {
  account_id: string;
  email: string;
  name: string | null;
  locale: 'pt-BR' | 'en';
  created_at: Date;
  sealed_cpf: Buffer | null;
};

/** Who is signed in, for the person. `role` is that of the session, which may be less than the account's. */
export async function readMe(
  db: Queryable,
  deps: { keys: AccountKeys },
  who: { accountId: string; role: Role },
): Promise<Me> {
  const row = await db.row<AccountRow>(FIND, [who.accountId]);
  if (!row) return { account: null };
  const cpf = openCpf(deps.keys, row);
  return {
    account: {
      accountId: row.account_id,
      email: row.email,
      name: row.name,
      role: who.role,
      maskedCpf: cpf ? maskCpf(cpf) : null,
      locale: row.locale,
    },
  };
}

/** Everything that is kept about a person, for the person (LGPD art. 18): machine-readable, the CPF in full. */
export async function exportPersonalData(
  db: Queryable,
  deps: { keys: AccountKeys },
  accountId: string,
): Promise<Record<string, unknown> | null> {
  const row = await db.row<AccountRow>(FIND, [accountId]);
  if (!row) return null;
  return {
    account: {
      accountId,
      email: row.email,
      name: row.name,
      cpf: openCpf(deps.keys, row),
      locale: row.locale,
      createdAt: row.created_at.toISOString(),
    },
    sessions: await listSessions(db, accountId, null),
    orders: await db.rows(ORDERS, [accountId]),
    emails: await db.rows(EMAILS, [accountId]),
  };
}

export type EraseOutcome = 'erased' | 'tickets_ahead' | 'staff_account' | 'account_unknown';

/**
 * Erases a person: name, address, CPF and its hash, sessions, kept answers, and who the mails went to. Orders stay as fiscal records
 * under an account id that names nobody. Refused while tickets for a coming screening would be lost with it.
 */
export async function eraseAccount(tx: Transaction, accountId: string): Promise<EraseOutcome> {
  const account = await tx.row<{ role: Role }>(LOCK, [accountId]);
  if (!account) return 'account_unknown';
  if (account.role !== 'buyer') return 'staff_account';
  const ahead = await tx.row<{ ahead: boolean }>(TICKETS_AHEAD, [accountId]);
  if (ahead?.ahead) return 'tickets_ahead';
  await tx.rows(DROP_VAULT, [accountId]);
  await tx.rows(DROP_CODES, [accountId]);
  await tx.rows(DROP_RECIPIENTS, [accountId]);
  await tx.rows(ERASE, [accountId]);
  await endAllSessions(tx, accountId);
  await forgetAnswersOf(tx, accountId);
  return 'erased';
}

function openCpf(keys: AccountKeys, row: AccountRow): string | null {
  return row.sealed_cpf ? keys.cpfSealer.open(row.sealed_cpf, row.account_id) : null;
}

const FIND = prepared(
  'find_account',
  sql`
  select a.account_id, a.email, a.name, a.locale, a.created_at, v.sealed_cpf
  from accounts.accounts a left join accounts.cpf_vault v using (account_id)
  where a.account_id = $1 and a.erased_at is null`,
);
const ORDERS = sql`
  select o.order_id as "orderId", o.state, holds.lines(o.seat_nos, o.kinds, o.price_cents, o.fee_basis_points) as lines, o.total_cents as "totalCents", o.created_at as "createdAt",
    o.paid_at as "paidAt", m.title as movie, t.name as theater, s.starts_at as "startsAt"
  from orders.orders o
    join screenings.screenings s using (screening_id)
    join catalog.movies m using (movie_id)
    join catalog.theaters t using (theater_id)
  where o.buyer_id = $1 order by o.created_at`;
const EMAILS = sql`
  select e.template, e.state, e.created_at as "createdAt", e.sent_at as "sentAt"
  from notifications.emails e
  where e.account_id = $1 or e.recipient = (select email from accounts.accounts where account_id = $1)
  order by e.created_at`;
const LOCK = sql`select role from accounts.accounts where account_id = $1 and erased_at is null for update`;
const TICKETS_AHEAD = sql`
  select exists (
    select from orders.orders o join screenings.screenings s using (screening_id)
    where o.buyer_id = $1 and s.ends_at > now()
      and (o.state in ('paid', 'awaiting_payment') or (o.state = 'held' and o.held_until > now()))) as ahead`;
const DROP_VAULT = sql`delete from accounts.cpf_vault where account_id = $1`;
const DROP_CODES = sql`
  delete from accounts.sign_in_codes where email = (select email from accounts.accounts where account_id = $1)`;
const DROP_RECIPIENTS = sql`
  update notifications.emails set recipient = null, data = '{}',
    state = case when state in ('queued', 'sending') then 'failed' else state end,
    last_error = case when state in ('queued', 'sending') then 'recipient_erased' else last_error end
  where account_id = $1 or recipient = (select email from accounts.accounts where account_id = $1)`;
const ERASE = sql`
  update accounts.accounts set email = null, name = null, buyer_key = null, erased_at = now() where account_id = $1`;
