import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A signing identity as PayPal has one: a leaf certificate and the authority that issued it, made at start. */
/** The same identity after a restart, so that an API that trusts it needs no restart of its own. */
export async function loadIdentity(folder: string | null, now: Date): Promise<SigningIdentity> {
  if (!folder) return createSigningIdentity(now);
  const file = join(folder, 'payment-sandbox-identity.json');
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<
      'privateKey' | 'certificatePem' | 'authorityPem',
      string
    >;
    return { ...kept, privateKey: createPrivateKey(kept.privateKey) };
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
  const made = createSigningIdentity(now);
  const privateKey = made.privateKey.export({ type: 'pkcs8', format: 'pem' });
  await mkdir(folder, { recursive: true });
  await writeFile(file, JSON.stringify({ ...made, privateKey }), { mode: 0o600 });
  await writeFile(join(folder, AUTHORITY_FILE), made.authorityPem);
  return made;
}

/** What PAYPAL_CA_FILE points at on a laptop, inside DATA_DIR. */
export const AUTHORITY_FILE = 'payment-sandbox-ca.pem';

export type SigningIdentity = { privateKey: KeyObject; certificatePem: string; authorityPem: string };

const SHA256_RSA = der(0x30, oid('2a864886f70d01010b'), der(0x05));

export function createSigningIdentity(now: Date, options: { validDays?: number } = {}): SigningIdentity {
  const authority = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const leaf = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const from = new Date(now.getTime() - 3_600_000);
  const to = new Date(now.getTime() + (options.validDays ?? 825) * 86_400_000);
  const caName = 'Poltrona payment sandbox CA';
  const base = { from, to, issuer: caName, signer: authority.privateKey };
  return {
    privateKey: leaf.privateKey,
    authorityPem: certificate({ ...base, subject: caName, publicKey: authority.publicKey, isAuthority: true }),
    certificatePem: certificate({
      ...base,
      subject: 'messageverificationcerts.sandbox.poltrona.example',
      publicKey: leaf.publicKey,
      isAuthority: false,
    }),
  };
}

type Wanted = {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  signer: KeyObject;
  isAuthority: boolean;
  from: Date;
  to: Date;
};

/** X.509 v3 (RFC 5280) by hand: node:crypto reads certificates but makes none. */
function certificate(wanted: Wanted): string {
  const basicConstraints = der(
    0x30,
    oid('551d13'),
    der(0x01, Buffer.from([0xff])),
    der(0x04, der(0x30, ...(wanted.isAuthority ? [der(0x01, Buffer.from([0xff]))] : []))),
  );
  const serial = randomBytes(12);
  serial[0] = (serial[0]! & 0x7f) | 0x01;
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    SHA256_RSA,
    name(wanted.issuer),
    der(0x30, time(wanted.from), time(wanted.to)),
    name(wanted.subject),
    wanted.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, basicConstraints)),
  );
  const signature = sign('sha256', body, wanted.signer);
  const whole = der(0x30, body, SHA256_RSA, der(0x03, Buffer.from([0]), signature));
  const lines = whole
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const bytes = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function name(commonName: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(commonName, 'utf8')))));
}

function time(date: Date): Buffer {
  // UTCTime until 2049, as the standard demands.
  return der(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`, 'ascii'));
}

export function fingerprintOf(pem: string): string {
  return createHash('sha256').update(pem).digest('hex').slice(0, 16);
}
