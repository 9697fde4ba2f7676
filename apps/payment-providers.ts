import { createPaypalProvider, createStripeProvider, type PaymentProvider } from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import type { ApiSettings } from './api/config.ts';

type PaymentSettings = Pick<
  ApiSettings,
  Extract<keyof ApiSettings, `STRIPE_${string}` | `PAYPAL_${string}`> | 'PUBLIC_URL'
>;

/** The providers that have keys. The same code talks to the sandbox and to the real services. */
export function paymentProviders(settings: PaymentSettings): {
  stripe: PaymentProvider | null;
  paypal: PaymentProvider | null;
} {
  const { STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET } = settings;
  const { PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET, PAYPAL_WEBHOOK_ID } = settings;
  return {
    stripe:
      STRIPE_SECRET_KEY && STRIPE_WEBHOOK_SECRET
        ? createStripeProvider({
            secretKey: STRIPE_SECRET_KEY,
            webhookSecret: STRIPE_WEBHOOK_SECRET,
            apiUrl: settings.STRIPE_API_URL,
          })
        : null,
    paypal:
      PAYPAL_CLIENT_ID && PAYPAL_CLIENT_SECRET && PAYPAL_WEBHOOK_ID
        ? createPaypalProvider(
            {
              clientId: PAYPAL_CLIENT_ID,
              clientSecret: PAYPAL_CLIENT_SECRET,
              webhookId: PAYPAL_WEBHOOK_ID,
              apiUrl: settings.PAYPAL_API_URL,
              certificateUrlPrefixes: settings.PAYPAL_CERT_URL_PREFIX.split(','),
              returnUrl: settings.PUBLIC_URL,
              ...(settings.PAYPAL_CERT_AUTHORITY_FILE
                ? { certificateAuthorityFile: settings.PAYPAL_CERT_AUTHORITY_FILE }
                : {}),
            },
            systemClock,
          )
        : null,
  };
}
