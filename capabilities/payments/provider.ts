import type { PaymentState } from '#contracts/outcomes';

export type ProviderName = 'stripe' | 'paypal';
export type PaymentMethod = 'card' | 'pix' | 'paypal';

/** What the buyer's page needs to go on after a reload. */
export type Resume = {
  clientSecret?: string;
  pix?: { code: string; expiresAt: string };
  paypalOrderId?: string;
};

/** A provider's payment in our words, always made from the provider's own object, never from an event's copy. */
export type ProviderPayment = {
  providerPaymentId: string;
  /** The charge or capture; present once money moved or tried to. */
  providerCaptureId: string | null;
  /** Our attempt's id as the provider keeps it for us; null on objects that are not ours. */
  attemptId: string | null;
  state: Exclude<PaymentState, 'created' | 'unknown'>;
  /** What was captured; null before. Minor units of `currency` (upper case). */
  capturedCents: number | null;
  currency: string | null;
  /** What the provider has already given back of it, by whomever. */
  refundedCents: number;
  failureCode: string | null;
  resume: Resume;
  refunds: ProviderRefund[];
};

export type ProviderRefund = {
  providerRefundId: string;
  /** Our refund's id as the provider keeps it; null when it was made in the provider's own pages. */
  refundId: string | null;
  amountCents: number;
  state: 'pending' | 'succeeded' | 'failed' | 'cancelled';
  failureCode: string | null;
};

/** `refused` is final and nothing moved. A call whose outcome is not known throws a Fault instead. */
export type ProviderAnswer<T> = { kind: 'done'; value: T } | { kind: 'refused'; code: string };

export type PaymentRequest = {
  attemptId: string;
  orderId: string;
  screeningId: number;
  method: PaymentMethod;
  amountCents: number;
  /** Stored before the first call; a repeat sends the same key and the same words. */
  idempotencyKey: string;
  /** Pix only: fixed at the first call, because a repeat with other words would be refused. */
  pixExpiresAfterSeconds: number | null;
  createdAt: Date;
};

export type RefundRequest = {
  refundId: string;
  attemptId: string;
  providerPaymentId: string;
  providerCaptureId: string | null;
  amountCents: number;
  idempotencyKey: string;
};

/** A webhook whose signature was right. `paymentId` is what to read afresh; null when it is not about a payment. */
export type ProviderEvent = {
  eventId: string;
  eventType: string;
  paymentId: string | null;
  /** Our attempt's or refund's id where the event carries it; a pointer to what to read, never a proof. */
  ourId: string | null;
  /** PayPal's refund events name only the capture. */
  captureId: string | null;
  /** What is stored of it: the fields above in the provider's own shape, so that it parses again, and no person. */
  kept: string;
};

export type Headers = Record<string, string | string[] | undefined>;

export type PaymentProvider = {
  readonly name: ProviderName;
  /** How long the provider remembers an idempotency key, less a margin. */
  readonly keyKeptHours: number;
  createPayment(request: PaymentRequest): Promise<ProviderAnswer<ProviderPayment>>;
  readPayment(providerPaymentId: string): Promise<ProviderAnswer<ProviderPayment>>;
  /** Looks for a payment by our own ids, when we never learned the provider's. */
  findPayment(request: PaymentRequest): Promise<ProviderPayment | null>;
  /** The payment as it is afterwards: cancelled, or captured when the cancel lost the race. */
  cancelPayment(providerPaymentId: string, idempotencyKey: string): Promise<ProviderAnswer<ProviderPayment>>;
  capturePayment(providerPaymentId: string, idempotencyKey: string): Promise<ProviderAnswer<ProviderPayment>>;
  refund(request: RefundRequest): Promise<ProviderAnswer<ProviderRefund>>;
  readRefund(providerRefundId: string): Promise<ProviderAnswer<ProviderRefund>>;
  /** The signature is checked over the raw bytes before anything in them is believed. */
  verifyEvent(rawBody: Buffer, headers: Headers): Promise<ProviderEvent | null>;
  /** The event in bytes that were verified when they were stored. */
  parseEvent(rawBody: string): ProviderEvent;
};
