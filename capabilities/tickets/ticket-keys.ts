import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/**
 * One key signs; those that signed earlier still verify, so a key is changed without one ticket being refused. The id
 * is four bits of the public key's hash: a hint which key to try, not a name. Two keys may share it.
 */
export type TicketKeys = {
  signing: { keyId: number; privateKey: KeyObject };
  verifying: { keyId: number; publicKey: KeyObject }[];
};

/**
 * `signingKey`: an Ed25519 private key, PKCS8 in base64. `olderKeys`: public keys (SPKI in base64) of former signing
 * keys whose tickets have not all been used. Throws when one is not such a key; the error does not show it.
 */
export function readTicketKeys(settings: { signingKey: string; olderKeys?: string[] }): TicketKeys {
  const privateKey = ed25519('the signing key', () =>
    createPrivateKey({ key: Buffer.from(settings.signingKey, 'base64'), format: 'der', type: 'pkcs8' }),
  );
  const older = (settings.olderKeys ?? []).map((text) =>
    ed25519('an older key', () => createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' })),
  );
  const verifying = [createPublicKey(privateKey), ...older].map((publicKey) => ({
    keyId: keyId(publicKey),
    publicKey,
  }));
  return { signing: { keyId: verifying[0]!.keyId, privateKey }, verifying };
}

/** A fresh signing key, for whoever sets up a house. */
export function newTicketSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
}

/** What a gate needs to verify tickets by itself: raw 32-byte public keys in base64url, the signing one first. */
export function publishedKeys(keys: TicketKeys): { keyId: number; publicKey: string }[] {
  return keys.verifying.map(({ keyId, publicKey }) => ({ keyId, publicKey: rawKey(publicKey).toString('base64url') }));
}

function ed25519(name: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | null = null;
  try {
    key = read();
  } catch {
    // The parser's message may quote what it read, so it is not passed on.
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new Error(`Ticket keys: ${name} is not an Ed25519 key.`);
  return key;
}

function rawKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
}

function keyId(publicKey: KeyObject): number {
  return createHash('sha256').update(rawKey(publicKey)).digest()[0]! >> 4;
}
