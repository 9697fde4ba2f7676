import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';

export const KEY_BYTES = 32;

/** A 32-byte key from its configured text (base64, base64url or hex). The error never shows the text. */
export function readKey(name: string, text: string): Buffer {
  const bytes = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64');
  if (bytes.length !== KEY_BYTES) throw new Error(`${name} must be ${KEY_BYTES} bytes in base64 or hex`);
  return bytes;
}

/** A key for one purpose, from a root key: two purposes never share one, and neither tells of the root. */
export function deriveKey(root: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), purpose, KEY_BYTES));
}

/** HMAC-SHA256, cut to `bytes`. Without the key nobody can compute it, not even by trying all values. */
export function keyedHash(key: Buffer, text: string, bytes = 32): Buffer {
  return createHmac('sha256', key).update(text).digest().subarray(0, bytes);
}

/** What is stored of an unguessable token. A bare hash is enough: 256 random bits cannot be tried. */
export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Compares without telling by its time where the first difference is. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Seals small secrets for storage. `context` (the owner's id, say) is authenticated but not stored, so that a sealed
 * value copied to another row does not open there.
 */
export type Sealer = {
  seal(text: string, context: string): Buffer;
  /** Throws when key, context or bytes are not those it was sealed with. */
  open(sealed: Buffer, context: string): string;
};

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 2;

/** AES-256-GCM. Envelope: format, key id, 12 bytes nonce, ciphertext, 16 bytes tag. New values use `current`. */
export function createSealer(keys: ReadonlyMap<number, Buffer>, current: number): Sealer {
  const currentKey = keys.get(current);
  if (!currentKey) throw new Error('the current sealing key is not among the keys');
  return {
    seal(text, context) {
      const iv = randomBytes(IV_BYTES);
      const head = Buffer.from([FORMAT, current]);
      const cipher = createCipheriv('aes-256-gcm', currentKey, iv);
      cipher.setAAD(Buffer.concat([head, Buffer.from(context)]));
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([head, iv, sealed, cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const key = sealed[0] === FORMAT ? keys.get(sealed[1]!) : undefined;
      if (!key || sealed.length < HEAD_BYTES + IV_BYTES + TAG_BYTES) throw new Error('sealed value of an unknown key');
      const head = sealed.subarray(0, HEAD_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(HEAD_BYTES, HEAD_BYTES + IV_BYTES));
      decipher.setAAD(Buffer.concat([head, Buffer.from(context)]));
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
      const body = sealed.subarray(HEAD_BYTES + IV_BYTES, -TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}
