import { createSealer, deriveKey, keyedHash, readKey, type Sealer } from '#platform/crypto';

const BUYER_KEY_BYTES = 16;
const SEALING_KEY_ID = 1;

/** The keys of this capability, each derived for one purpose from the two that are configured. */
export type AccountKeys = {
  buyerKeyOf(cpf: string): Buffer;
  codeHash(email: string, code: string): Buffer;
  bucketOf(kind: string, subject: string): Buffer;
  /** Stands for a secret where only sameness matters; nobody without the key can try guesses against it. */
  blind(text: string): string;
  cpfSealer: Sealer;
  totpSealer: Sealer;
  mailSealer: Sealer;
};

/**
 * CPF_HMAC_KEY must never change: it is who bought what. CPF_ENCRYPTION_KEY may, once the vault is sealed again.
 */
export function accountKeys(config: { cpfHmacKey: string; cpfEncryptionKey: string }): AccountKeys {
  const hmacKey = readKey('CPF_HMAC_KEY', config.cpfHmacKey);
  const root = readKey('CPF_ENCRYPTION_KEY', config.cpfEncryptionKey);
  const codeKey = deriveKey(root, 'sign-in codes');
  const bucketKey = deriveKey(root, 'attempt buckets');
  const blindKey = deriveKey(root, 'blinded request bodies');
  const sealerFor = (purpose: string) =>
    createSealer(new Map([[SEALING_KEY_ID, deriveKey(root, purpose)]]), SEALING_KEY_ID);
  return {
    buyerKeyOf: (cpf) => keyedHash(hmacKey, cpf, BUYER_KEY_BYTES),
    codeHash: (email, code) => keyedHash(codeKey, `${email}\n${code}`),
    bucketOf: (kind, subject) => keyedHash(bucketKey, `${kind}\n${subject}`, 16),
    blind: (text) => keyedHash(blindKey, text).toString('hex'),
    cpfSealer: sealerFor('cpf vault'),
    totpSealer: sealerFor('totp secrets'),
    mailSealer: sealerFor('mail secrets'),
  };
}
