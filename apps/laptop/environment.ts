import { join } from 'node:path';
import { inheritedEnvironment, type LaptopSettings } from './config.ts';
import type { LaptopSecrets } from './secrets.ts';

export type HousePlan = {
  /** What every child is told; DATABASE_URL joins it once the database runs. */
  common: Record<string, string>;
  ports: { variable: string; port: number; host: string }[];
  mailboxUrl: string;
  sandboxUrl: string | null;
};

/** The addresses, keys and switches of a laptop: what the person set wins over what was made for them. */
export function housePlan(settings: LaptopSettings, secrets: LaptopSecrets): HousePlan {
  const ownKeys = Boolean(settings.STRIPE_SECRET_KEY || settings.PAYPAL_CLIENT_ID);
  const sandboxUrl = ownKeys ? null : `http://localhost:${settings.SANDBOX_PORT}`;
  const mailboxUrl = `http://localhost:${settings.MAILBOX_PORT}`;
  const given = Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
  return {
    common: {
      CPF_HMAC_KEY: secrets.CPF_HMAC_KEY,
      CPF_ENCRYPTION_KEY: secrets.CPF_ENCRYPTION_KEY,
      TICKET_SIGNING_KEY: secrets.TICKET_SIGNING_KEY,
      SMTP_URL: `smtp://127.0.0.1:${settings.SMTP_PORT}`,
      PUBLIC_URL: `http://localhost:${settings.API_PORT}`,
      MAILBOX_URL: mailboxUrl,
      ...(sandboxUrl ? sandboxKeys(sandboxUrl, settings.DATA_DIR, secrets) : {}),
      ...given,
    },
    ports: [
      ...apiPorts(settings).map((port) => ({ variable: 'API_PORT', port, host: settings.API_HOST })),
      { variable: 'MAILBOX_PORT', port: settings.MAILBOX_PORT, host: '127.0.0.1' },
      { variable: 'SMTP_PORT', port: settings.SMTP_PORT, host: '127.0.0.1' },
      ...(sandboxUrl ? [{ variable: 'SANDBOX_PORT', port: settings.SANDBOX_PORT, host: '127.0.0.1' }] : []),
      ...(settings.DATABASE_URL || settings.DATABASE_PORT === 0
        ? []
        : [{ variable: 'DATABASE_PORT', port: settings.DATABASE_PORT, host: '127.0.0.1' }]),
    ],
    mailboxUrl,
    sandboxUrl,
  };
}

/** One port for each API process: API_PORT and those that follow it. */
export function apiPorts(settings: Pick<LaptopSettings, 'API_PORT' | 'API_PROCESSES'>): number[] {
  return Array.from({ length: settings.API_PROCESSES }, (_, index) => settings.API_PORT + index);
}

/** Test keys of the payment sandbox: they open nothing but the sandbox. */
function sandboxKeys(url: string, dataFolder: string, secrets: LaptopSecrets): Record<string, string> {
  return {
    STRIPE_SECRET_KEY: 'sk_test_poltrona_sandbox',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_poltrona_sandbox',
    STRIPE_WEBHOOK_SECRET: secrets.STRIPE_WEBHOOK_SECRET,
    STRIPE_API_URL: url,
    STRIPE_SCRIPT_URL: `${url}/stripe.js`,
    PAYPAL_CLIENT_ID: 'poltrona-sandbox',
    PAYPAL_CLIENT_SECRET: 'poltrona-sandbox-secret',
    PAYPAL_WEBHOOK_ID: 'WH-POLTRONA-SANDBOX',
    PAYPAL_API_URL: url,
    PAYPAL_SCRIPT_URL: `${url}/paypal/sdk/js`,
    PAYPAL_CERT_URL_PREFIX: `${url}/,${url.replace('localhost', '127.0.0.1')}/`,
    PAYPAL_CERT_AUTHORITY_FILE: join(dataFolder, 'payment-sandbox-ca.pem'),
    SANDBOX_PUBLIC_URL: url,
  };
}

export function childEnvironment(common: Record<string, string>): Record<string, string> {
  return { ...inheritedEnvironment(), ...common };
}
