import { createVerify, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { crc32 } from 'node:zlib';
import type { Clock } from '#platform/clock';
import { Fault } from '#platform/fault';
import type { Headers } from '../provider.ts';

type Settings = { webhookId: string; certificateUrlPrefixes: readonly string[]; certificateAuthorityFile?: string };

const FETCH_TIMEOUT_MS = 5_000;
const CERTIFICATE_BYTES_MAX = 64 * 1024;
const CERTIFICATES_KEPT_MAX = 16;
const CHAIN_LENGTH_MAX = 6;

/**
 * Checks PayPal's webhook signature: RSA-SHA256 over `id|time|webhookId|crc32(body)`. The certificate's address comes
 * with the message, so it is only believed from listed places, with a chain to a trusted root and inside its dates.
 */
export function createPaypalVerifier(settings: Settings, clock: Clock) {
  const kept = new Map<string, X509Certificate[]>();
  let roots: X509Certificate[] | null = null;

  // Read at the first webhook: the sandbox may start after us.
  const trustedRoots = async () => {
    const file = settings.certificateAuthorityFile;
    roots ??= (file ? splitPem(await readAuthority(file)) : [...rootCertificates]).map(
      (pem) => new X509Certificate(pem),
    );
    return roots;
  };

  const chainAt = async (url: string): Promise<X509Certificate[]> => {
    const known = kept.get(url);
    if (known) return known;
    const chain = await fetchChain(url);
    if (chain.length === 0) return [];
    if (kept.size >= CERTIFICATES_KEPT_MAX) kept.clear();
    kept.set(url, chain);
    return chain;
  };

  return {
    /** False for a forgery. Throws a Fault when the certificate could not be fetched: PayPal sends again. */
    async isGenuine(rawBody: Buffer, headers: Headers): Promise<boolean> {
      const id = headers['paypal-transmission-id'];
      const time = headers['paypal-transmission-time'];
      const signature = headers['paypal-transmission-sig'];
      const url = headers['paypal-cert-url'];
      if (typeof id !== 'string' || typeof time !== 'string' || typeof signature !== 'string') return false;
      if (typeof url !== 'string' || headers['paypal-auth-algo'] !== 'SHA256withRSA') return false;
      if (!isAllowed(url, settings.certificateUrlPrefixes)) return false;
      const chain = await chainAt(url);
      if (!isTrusted(chain, await trustedRoots(), clock.now())) return false;
      const signed = `${id}|${time}|${settings.webhookId}|${crc32(rawBody)}`;
      return createVerify('RSA-SHA256').update(signed).verify(chain[0]!.publicKey, signature, 'base64');
    },
  };
}

/** Compared as parsed addresses: `https://api.paypal.com@evil.example/` begins with the right letters. */
export function isAllowed(url: string, prefixes: readonly string[]): boolean {
  if (!URL.canParse(url)) return false;
  const given = new URL(url);
  if (given.username || given.password) return false;
  return prefixes.some((prefix) => {
    const allowed = new URL(prefix);
    return given.origin === allowed.origin && given.pathname.startsWith(allowed.pathname);
  });
}

/** Each certificate is issued by the next, the last by a trusted root, and all are inside their dates. */
export function isTrusted(chain: X509Certificate[], roots: X509Certificate[], now: Date): boolean {
  let current = chain[0];
  if (!current) return false;
  for (let depth = 0; depth < CHAIN_LENGTH_MAX; depth += 1) {
    if (now < new Date(current.validFrom) || now > new Date(current.validTo)) return false;
    const child: X509Certificate = current;
    const isIssuer = (candidate: X509Certificate) => child.checkIssued(candidate) && child.verify(candidate.publicKey);
    const root = roots.find(isIssuer);
    if (root) return now >= new Date(root.validFrom) && now <= new Date(root.validTo);
    current = chain.find((candidate) => candidate !== child && candidate.ca && isIssuer(candidate));
    if (!current) return false;
  }
  return false;
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Fault('certificate_authority_unreadable', { retryable: true, cause: error });
  }
}

async function fetchChain(url: string): Promise<X509Certificate[]> {
  let text: string;
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    text = await response.text();
  } catch (error) {
    throw new Fault('certificate_unavailable', { retryable: true, cause: error });
  }
  if (text.length > CERTIFICATE_BYTES_MAX) return [];
  try {
    return splitPem(text).map((pem) => new X509Certificate(pem));
  } catch {
    return [];
  }
}

function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
}
