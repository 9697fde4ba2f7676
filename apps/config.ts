import { Type } from 'typebox';

// Settings that several processes read, by group. Each process's own config.ts picks its groups; .env.example
// documents every variable, and a test compares the two.

const Url = (pattern: string, description: string) => Type.String({ pattern, description });
const Port = (fallback: number) => Type.Integer({ minimum: 1, maximum: 65_535, default: fallback });
const Secret = (bytes: number) =>
  Type.String({ minLength: Math.ceil((bytes * 4) / 3), description: `${bytes} random bytes, base64` });

export const databaseGroup = {
  DATABASE_URL: Url('^postgres(ql)?://', 'PostgreSQL 15 or newer'),
  DATABASE_CONNECTIONS_MAX: Type.Integer({ minimum: 2, maximum: 200, default: 10 }),
};

/** Of processes that answer questions. */
export const replicaGroup = {
  DATABASE_REPLICA_URL: Type.Optional(Url('^postgres(ql)?://', 'A streaming replica, for reads that may lag')),
  DATABASE_REPLICA_LAG_MS_MAX: Type.Integer({ minimum: 2_000, maximum: 100_000, default: 5_000 }),
};

export const processGroup = {
  LOG_LEVEL: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], { default: 'info' }),
  PUBLIC_URL: Type.String({ pattern: '^https?://', default: 'http://localhost:3000' }),
};

export const portGroup = {
  API_PORT: Port(3000),
  SANDBOX_PORT: Port(3010),
  MAILBOX_PORT: Port(3020),
  SMTP_PORT: Port(3025),
};

export const paymentGroup = {
  STRIPE_SECRET_KEY: Type.Optional(Type.String()),
  STRIPE_PUBLISHABLE_KEY: Type.Optional(Type.String()),
  STRIPE_WEBHOOK_SECRET: Type.Optional(Type.String()),
  STRIPE_API_URL: Type.String({ default: 'https://api.stripe.com' }),
  STRIPE_SCRIPT_URL: Type.String({ default: 'https://js.stripe.com/v3/' }),
  PAYPAL_CLIENT_ID: Type.Optional(Type.String()),
  PAYPAL_CLIENT_SECRET: Type.Optional(Type.String()),
  PAYPAL_WEBHOOK_ID: Type.Optional(Type.String()),
  PAYPAL_API_URL: Type.String({ default: 'https://api-m.paypal.com' }),
  PAYPAL_SCRIPT_URL: Type.String({ default: 'https://www.paypal.com/sdk/js' }),
  PAYPAL_CERT_URL_PREFIX: Type.String({ default: 'https://api.paypal.com/,https://api-m.paypal.com/' }),
  /** The payment sandbox's own authority; never set with real keys. */
  PAYPAL_CERT_AUTHORITY_FILE: Type.Optional(Type.String()),
};

export const mailGroup = {
  SMTP_URL: Type.String({ pattern: '^smtps?://', default: 'smtp://127.0.0.1:3025' }),
  MAIL_FROM: Type.String({ default: 'Poltrona <ingressos@poltrona.example>' }),
};

export const secretGroup = {
  CPF_HMAC_KEY: Secret(32),
  CPF_ENCRYPTION_KEY: Secret(32),
  TICKET_SIGNING_KEY: Type.String({ minLength: 40, description: 'Ed25519 private key, PKCS8 DER, base64' }),
  TICKET_OLDER_KEYS: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9+/=, ]+$', description: 'Former public keys, SPKI DER, base64, with commas' }),
  ),
};

export const ruleGroup = {
  HOLD_MINUTES: Type.Number({ exclusiveMinimum: 0, maximum: 60, default: 8 }),
};

/** Who moves the port and says nothing about the address means the address with that port. */
export function withPublicUrl(env: Record<string, string | undefined>): Record<string, string | undefined> {
  const port = env['API_PORT']?.trim();
  return env['PUBLIC_URL']?.trim() || !port ? env : { ...env, PUBLIC_URL: `http://localhost:${port}` };
}
