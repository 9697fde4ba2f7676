import { Type, type Static } from 'typebox';
import { PAYMENT_STATES } from './outcomes.ts';

/** POST /api/orders/:id/payments. Needs Idempotency-Key. Another live attempt of the order is cancelled first. */
export const PaymentBodySchema = Type.Object(
  { method: Type.Enum(['card', 'pix', 'paypal']) },
  { additionalProperties: false },
);
export type PaymentBody = Static<typeof PaymentBodySchema>;

/** What the page needs to go on. Card: clientSecret for the Payment Element. Pix: the code. PayPal: its order id. */
export const PaymentAttemptSchema = Type.Object({
  attemptId: Type.String(),
  orderId: Type.String(),
  provider: Type.Enum(['stripe', 'paypal', 'none']),
  method: Type.Enum(['card', 'pix', 'paypal', 'none']),
  state: Type.Enum([...PAYMENT_STATES]),
  amountCents: Type.Integer(),
  clientSecret: Type.Optional(Type.String()),
  pix: Type.Optional(
    Type.Object({
      code: Type.String({ description: 'Copia e cola' }),
      qrSvg: Type.String(),
      expiresAt: Type.String(),
    }),
  ),
  paypalOrderId: Type.Optional(Type.String()),
  failureCode: Type.Union([Type.String(), Type.Null()]),
});
export type PaymentAttempt = Static<typeof PaymentAttemptSchema>;

/** GET /api/config: what a browser may know. No secret is in it. */
export const PublicConfigSchema = Type.Object({
  stripe: Type.Union([
    Type.Object({ publishableKey: Type.String(), scriptUrl: Type.String(), sandbox: Type.Boolean() }),
    Type.Null(),
  ]),
  paypal: Type.Union([
    Type.Object({ clientId: Type.String(), scriptUrl: Type.String(), sandbox: Type.Boolean() }),
    Type.Null(),
  ]),
  holdMinutes: Type.Number(),
  ticketsPerBuyerMax: Type.Integer(),
  demo: Type.Boolean(),
  /** Only with demo: where the mail catcher is, so that a newcomer finds the sign-in code. */
  mailboxUrl: Type.Union([Type.String(), Type.Null()]),
});
export type PublicConfig = Static<typeof PublicConfigSchema>;

/** POST /api/admin/orders/:id/refund (manager and above). Without an amount: all that is left, and the seats go free. */
export const RefundBodySchema = Type.Object(
  {
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    amountCents: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000 })),
  },
  { additionalProperties: false },
);
export type RefundBody = Static<typeof RefundBodySchema>;
