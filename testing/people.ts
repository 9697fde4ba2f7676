import { createHash, randomBytes } from 'node:crypto';
import pino from 'pino';
import { newId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { accountKeys, type AccountsDeps, createAccounts } from '#capabilities/accounts';

// People for tests: what a mail reader does, and accounts as a second process has them.

export const TEST_KEYS = {
  cpfHmacKey: createHash('sha256').update('test hmac').digest('base64'),
  cpfEncryptionKey: createHash('sha256').update('test encryption').digest('base64'),
};

export const testKeys = () => accountKeys(TEST_KEYS);

export function testAccounts(db: Database, options: Partial<AccountsDeps> = {}) {
  return createAccounts({ db, log: pino({ level: 'silent' }), ...TEST_KEYS, ...options });
}

/** The six digits of the newest sign-in mail to an address, or null. */
export async function mailedCode(db: Database, email: string): Promise<string | null> {
  const [mail] = await db.rows<{ subject_key: string; data: { sealedCode: string } }>(
    `select subject_key, data from notifications.emails
     where recipient = $1 and template = 'sign_in_code' order by email_id desc limit 1`,
    [email],
  );
  return mail ? testKeys().mailSealer.open(Buffer.from(mail.data.sealedCode, 'base64'), mail.subject_key) : null;
}

export const anEmail = () => `pessoa-${newId()}@poltrona.example`;

/** A valid CPF, made up. */
export function aCpf(): string {
  const digits = [...randomBytes(9)].map((byte) => byte % 10);
  for (const length of [9, 10]) {
    const sum = digits.slice(0, length).reduce((total, digit, index) => total + digit * (length + 1 - index), 0);
    digits.push(((sum * 10) % 11) % 10);
  }
  const cpf = digits.join('');
  return /^(\d)\1{10}$/.test(cpf) ? aCpf() : cpf;
}

/** Signs a buyer in the whole way. */
export async function signedInBuyer(db: Database, accounts: ReturnType<typeof testAccounts>, email = anEmail()) {
  const correlationId = newId();
  await db.transaction((tx) => accounts.requestCode(tx, { email, locale: 'pt-BR', correlationId }));
  const code = await mailedCode(db, email);
  const answer = await db.transaction((tx) =>
    accounts.verifyCode(tx, {
      email,
      code: code!,
      device: 'Chrome · Android',
      signInKey: randomBytes(32),
      previousToken: null,
    }),
  );
  if (answer.outcome !== 'signed_in') throw new Error(`bug: ${answer.outcome}`);
  return { email, token: answer.token, accountId: answer.accountId };
}
