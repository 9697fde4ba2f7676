import { createVerify, randomUUID, sign, X509Certificate } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { fingerprintOf, type SigningIdentity } from './certificate.ts';

/** Signs deliveries as PayPal does, with a certificate that is fetched from `/v1/notifications/certs/`. */
export function createPaypalSigner(
  identity: SigningIdentity,
  options: { webhookId: string; url(): string; now(): Date },
) {
  const certPath = `/v1/notifications/certs/CERT-${fingerprintOf(identity.certificatePem)}`;
  return {
    certificatePem: identity.certificatePem,
    authorityPem: identity.authorityPem,
    sign(rawBody: string): Record<string, string> {
      const id = randomUUID();
      const time = options.now().toISOString();
      const text = `${id}|${time}|${options.webhookId}|${crc32(Buffer.from(rawBody, 'utf8'))}`;
      return {
        'paypal-transmission-id': id,
        'paypal-transmission-time': time,
        'paypal-transmission-sig': sign('sha256', Buffer.from(text), identity.privateKey).toString('base64'),
        'paypal-cert-url': `${options.url()}${certPath}`,
        'paypal-auth-algo': 'SHA256withRSA',
      };
    },
    /** The verify API: the event is cut out of the request as text, because the signature is over its very bytes. */
    verifies(requestText: string): boolean {
      const asked = JSON.parse(requestText) as Record<string, string>;
      const at = requestText.indexOf('"webhook_event"');
      const start = requestText.indexOf('{', at);
      const event = requestText.slice(start, requestText.lastIndexOf('}')).trimEnd();
      const text = `${asked['transmission_id']}|${asked['transmission_time']}|${asked['webhook_id']}|${crc32(Buffer.from(event))}`;
      const { publicKey } = new X509Certificate(identity.certificatePem);
      return createVerify('RSA-SHA256')
        .update(text)
        .verify(publicKey, asked['transmission_sig'] ?? '', 'base64');
    },
  };
}

export type PaypalSigner = ReturnType<typeof createPaypalSigner>;
