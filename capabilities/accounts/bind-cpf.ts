import { maskCpf, parseCpf } from '#contracts/cpf';
import { sqlState, type Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import type { AccountKeys } from './keys.ts';
import { tellRevoked } from './sessions.ts';

export type BindAnswer =
  | { outcome: 'bound'; maskedCpf: string }
  | { outcome: 'already_bound_same'; maskedCpf: string }
  | { outcome: 'cpf_taken' } // Another account has it.
  | { outcome: 'account_has_cpf' } // This account has another.
  | { outcome: 'cpf_invalid' };

const UNIQUE_VIOLATION = '23505';

/**
 * Binds a CPF to an account, once and for ever. Who wins when two accounts want one CPF is the unique constraint on
 * accounts.buyer_key; there is no look before the leap.
 */
export async function bindCpf(
  tx: Transaction,
  deps: { keys: AccountKeys },
  request: { accountId: string; cpf: string; name: string },
): Promise<BindAnswer> {
  const cpf = parseCpf(request.cpf);
  if (!cpf) return { outcome: 'cpf_invalid' };
  const buyerKey = deps.keys.buyerKeyOf(cpf);
  const account = await tx.row<{ buyer_key: Buffer | null }>(LOCK, [request.accountId]);
  if (account?.buyer_key) {
    return account.buyer_key.equals(buyerKey)
      ? { outcome: 'already_bound_same', maskedCpf: maskCpf(cpf) }
      : { outcome: 'account_has_cpf' };
  }
  await tx.rows('savepoint bind_cpf');
  try {
    await tx.rows(BIND, [request.accountId, buyerKey, request.name]);
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    await tx.rows('rollback to savepoint bind_cpf');
    return { outcome: 'cpf_taken' };
  }
  await tx.rows(VAULT, [request.accountId, deps.keys.cpfSealer.seal(cpf, request.accountId)]);
  await tellRevoked(tx, request.accountId); // Sessions in memory still say that there is no CPF.
  return { outcome: 'bound', maskedCpf: maskCpf(cpf) };
}

const LOCK = sql`select buyer_key from accounts.accounts where account_id = $1 and erased_at is null for update`;
const BIND = sql`update accounts.accounts set buyer_key = $2, name = $3 where account_id = $1`;
const VAULT = sql`insert into accounts.cpf_vault (account_id, sealed_cpf) values ($1, $2)`;
