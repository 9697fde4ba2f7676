import { TICKETS_PER_BUYER_MAX } from '#contracts/outcomes';
import { type PublicConfig, PublicConfigSchema } from '#contracts/payments';
import type { HttpServer } from '#platform/http-server';
import type { ApiSettings } from '../config.ts';

/** GET /api/config: what a browser may know. */
export function registerConfigRoutes(api: HttpServer, deps: { settings: ApiSettings }): void {
  const answer = publicConfig(deps.settings);
  api.get(
    '/api/config',
    { schema: { summary: 'What a browser may know', tags: ['operation'], response: { 200: PublicConfigSchema } } },
    async (_request, reply) => {
      reply.header('cache-control', 'no-cache');
      return answer;
    },
  );
}

function publicConfig(settings: ApiSettings): PublicConfig {
  const stripeKey = settings.STRIPE_PUBLISHABLE_KEY;
  const paypalId = settings.PAYPAL_CLIENT_ID;
  return {
    stripe:
      stripeKey && settings.STRIPE_SECRET_KEY
        ? {
            publishableKey: stripeKey,
            scriptUrl: settings.STRIPE_SCRIPT_URL,
            sandbox: !settings.STRIPE_API_URL.startsWith('https://api.stripe.com'),
          }
        : null,
    paypal:
      paypalId && settings.PAYPAL_CLIENT_SECRET
        ? {
            clientId: paypalId,
            scriptUrl: settings.PAYPAL_SCRIPT_URL,
            sandbox: !settings.PAYPAL_API_URL.includes('.paypal.com'),
          }
        : null,
    holdMinutes: settings.HOLD_MINUTES,
    ticketsPerBuyerMax: TICKETS_PER_BUYER_MAX,
    demo: settings.DEMO,
    mailboxUrl: settings.DEMO ? (settings.MAILBOX_URL ?? null) : null,
  };
}
