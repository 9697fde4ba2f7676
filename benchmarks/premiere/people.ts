import { createHash } from 'node:crypto';
import { accountKeys } from '#capabilities/accounts';
import type { Database } from '#platform/postgres';
import { TEST_KEYS } from '#testing/people';

const ROWS_AT_ONCE = 10_000;

/** The session token of the n-th buyer, known to the generator without asking. */
export function tokenOf(number: number): string {
  return createHash('sha256').update(`bench buyer ${number}`).digest('base64url');
}

/**
 * Signed-in buyers: account, CPF with right check digits (sealed in the vault, as keyed HMAC in the account), and a
 * session, in the tables where the product keeps them.
 */
export async function signBuyersIn(db: Database, count: number): Promise<void> {
  const sealing = accountKeys(TEST_KEYS);
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    const people = Array.from({ length: Math.min(ROWS_AT_ONCE, count - from) }, (_, index) => from + index);
    const ids = people.map(accountIdOf);
    const cpfs = people.map(cpfOf);
    await db.rows(
      `insert into accounts.accounts (account_id, email, name, buyer_key)
       select id, 'bench' || n || '@poltrona.example', 'Plateia ' || n, key
         from unnest($1::uuid[], $2::int[], $3::bytea[]) as w(id, n, key)`,
      [ids, people, cpfs.map((cpf) => sealing.buyerKeyOf(cpf))],
    );
    await db.rows(
      `insert into accounts.cpf_vault (account_id, sealed_cpf) select * from unnest($1::uuid[], $2::bytea[])`,
      [ids, cpfs.map((cpf, index) => sealing.cpfSealer.seal(cpf, ids[index]!))],
    );
    await db.rows(
      `insert into accounts.sessions (session_id, token_hash, account_id, strength, device, idle_seconds, expires_at)
       select gen_random_uuid(), hash, id, 'code', 'bench', 2592000, now() + interval '1 day'
         from unnest($1::uuid[], $2::bytea[]) as w(id, hash)`,
      [ids, people.map((number) => createHash('sha256').update(tokenOf(number)).digest())],
    );
  }
  for (const table of ['accounts', 'sessions', 'cpf_vault']) await db.rows(`vacuum analyze accounts.${table}`);
}

const accountIdOf = (number: number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

function cpfOf(number: number): string {
  const digits = String(100_000_000 + number)
    .split('')
    .map(Number);
  for (const length of [9, 10]) {
    const sum = digits.slice(0, length).reduce((total, digit, index) => total + digit * (length + 1 - index), 0);
    digits.push(((sum * 10) % 11) % 10);
  }
  return digits.join('');
}
