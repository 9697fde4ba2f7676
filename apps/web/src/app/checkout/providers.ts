import type { PublicConfig } from '#contracts/payments';
import { outsideScript } from './outside-script.ts';

// The few parts of Stripe.js and of PayPal's buttons that we use. Both scripts must come from their own addresses
// (GET /api/config names them), so their types are written here and no package of theirs is bundled.

export type StripeElements = { submit(): Promise<{ error?: StripeError }> };
export type StripeError = { code?: string; decline_code?: string; message?: string; type?: string };
type StripeElement = {
  mount(place: HTMLElement): void;
  destroy(): void;
  on(event: 'ready' | 'loaderror', handler: () => void): void;
};
export type StripeClient = {
  elements(options: object): StripeElements & { create(kind: 'payment', options?: object): StripeElement };
  confirmPayment(options: object): Promise<{ error?: StripeError; paymentIntent?: { status: string } }>;
};

type PaypalButtons = { render(place: HTMLElement): Promise<void>; close?(): void };
type PaypalClient = {
  Buttons(options: {
    createOrder(): Promise<string>;
    onApprove(data: { orderID: string }): Promise<void>;
    onCancel(): void;
    onError(error: unknown): void;
  }): PaypalButtons;
};

declare global {
  interface Window {
    Stripe?: (key: string, options?: object) => StripeClient;
    paypal?: PaypalClient;
  }
}

export async function stripeClient(config: NonNullable<PublicConfig['stripe']>, locale: string): Promise<StripeClient> {
  await outsideScript(config.scriptUrl);
  if (!window.Stripe) throw new Error('Stripe.js is not there');
  return window.Stripe(config.publishableKey, { locale });
}

export async function paypalClient(config: NonNullable<PublicConfig['paypal']>): Promise<PaypalClient> {
  const url = new URL(config.scriptUrl, document.baseURI);
  for (const [name, value] of Object.entries({
    'client-id': config.clientId,
    currency: 'BRL',
    intent: 'capture',
    components: 'buttons',
  })) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  await outsideScript(url.href);
  if (!window.paypal) throw new Error('PayPal is not there');
  return window.paypal;
}

/** Looks of the page for Stripe's own form, which lives in a frame and cannot see our style sheet. */
export function stripeLooks(): object {
  const dark =
    getComputedStyle(document.documentElement).colorScheme === 'dark' ||
    (!document.documentElement.dataset['theme'] && matchMedia('(prefers-color-scheme: dark)').matches);
  return {
    theme: dark ? 'night' : 'stripe',
    variables: { colorPrimary: dark ? '#ffb547' : '#8a4800', borderRadius: '14px', fontFamily: 'Inter, sans-serif' },
  };
}
