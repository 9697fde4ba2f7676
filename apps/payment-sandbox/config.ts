import { Type } from 'typebox';
import { readConfig } from '#platform/config';

const Settings = Type.Object({
  SANDBOX_PORT: Type.Integer({ default: 3010, minimum: 0, maximum: 65_535 }),
  SANDBOX_HOST: Type.String({ default: '127.0.0.1' }),
  SANDBOX_PUBLIC_URL: Type.Optional(Type.String()),
  DATA_DIR: Type.String({ default: '.data' }),
  /** Where the shop's API listens on this machine; the webhooks go to /api/webhooks/stripe and /paypal there. */
  API_PORT: Type.Integer({ default: 3000, minimum: 1, maximum: 65_535 }),
  STRIPE_SECRET_KEY: Type.String({ default: 'sk_test_poltrona_sandbox' }),
  STRIPE_PUBLISHABLE_KEY: Type.String({ default: 'pk_test_poltrona_sandbox' }),
  STRIPE_WEBHOOK_SECRET: Type.String({ default: 'whsec_poltrona_sandbox' }),
  PAYPAL_CLIENT_ID: Type.String({ default: 'poltrona-sandbox' }),
  PAYPAL_CLIENT_SECRET: Type.String({ default: 'poltrona-sandbox-secret' }),
  PAYPAL_WEBHOOK_ID: Type.String({ default: 'WH-POLTRONA-SANDBOX' }),
});

/** From the environment; everything has a default that works on a laptop. */
export const sandboxConfig = () => readConfig(Settings, process.env);
