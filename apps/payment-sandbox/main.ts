import { systemClock } from '#platform/clock';
import { createLog } from '#platform/log';
import { sandboxConfig } from './config.ts';
import { startSandbox } from './sandbox.ts';

const config = sandboxConfig();
const log = createLog({ process: 'payment-sandbox', level: 'info' });

const api = `http://127.0.0.1:${config.API_PORT}`;
const sandbox = await startSandbox({
  port: config.SANDBOX_PORT,
  host: config.SANDBOX_HOST,
  publicUrl: config.SANDBOX_PUBLIC_URL ?? null,
  dataDir: config.DATA_DIR,
  stripeSecretKey: config.STRIPE_SECRET_KEY,
  stripePublishableKey: config.STRIPE_PUBLISHABLE_KEY,
  stripeWebhookSecret: config.STRIPE_WEBHOOK_SECRET,
  stripeWebhookUrl: new URL('/api/webhooks/stripe', api).href,
  paypalClientId: config.PAYPAL_CLIENT_ID,
  paypalClientSecret: config.PAYPAL_CLIENT_SECRET,
  paypalWebhookId: config.PAYPAL_WEBHOOK_ID,
  paypalWebhookUrl: new URL('/api/webhooks/paypal', api).href,
  now: () => systemClock.now(),
});
log.info({ url: sandbox.url }, 'payment sandbox is ready');

const stop = () => {
  void sandbox.close().then(() => process.exit(0));
};
process.once('SIGINT', stop);
process.once('SIGTERM', stop);
