import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What must stay the same between starts: tickets signed yesterday are scanned today. */
export type LaptopSecrets = {
  DATABASE_PASSWORD: string;
  CPF_HMAC_KEY: string;
  CPF_ENCRYPTION_KEY: string;
  TICKET_SIGNING_KEY: string;
  STRIPE_WEBHOOK_SECRET: string;
  STAFF_PASSWORD: string;
  STAFF_TOTP_SECRET: string;
};

/** The secrets of this data folder, made once and kept in secrets.json, which only its owner can read. */
export async function keepSecrets(folder: string): Promise<LaptopSecrets> {
  const file = join(folder, 'secrets.json');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  // A newer release may know a secret that the file does not have yet.
  const secrets = { ...makeSecrets(), ...(JSON.parse(kept) as Partial<LaptopSecrets>) };
  await writePrivately(file, secrets);
  return secrets;
}

/** Replaces the file as a whole: a start killed half-way leaves the old one. */
export async function writePrivately(file: string, content: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function makeSecrets(): LaptopSecrets {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    DATABASE_PASSWORD: randomBytes(18).toString('base64url'),
    CPF_HMAC_KEY: randomBytes(32).toString('base64'),
    CPF_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    TICKET_SIGNING_KEY: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
    STRIPE_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('hex')}`,
    STAFF_PASSWORD: `poltrona-${randomBytes(4).toString('hex')}`,
    STAFF_TOTP_SECRET: Array.from(randomBytes(32), (byte) => BASE32[byte % 32]).join(''),
  };
}
