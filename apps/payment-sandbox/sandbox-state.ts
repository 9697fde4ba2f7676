import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Fault } from './faults.ts';

/** JSON as the providers speak it. The sandbox keeps their objects in their own words. */
export type Json = Record<string, unknown>;

export type Intent = Json & {
  id: string;
  status: string;
  amount: number;
  amount_received: number;
  currency: string;
  created: number;
  metadata: Record<string, string>;
  latest_charge: string | null;
  last_payment_error: Json | null;
  next_action: Json | null;
  client_secret: string;
};
export type Charge = Json & { id: string; amount: number; amount_refunded: number; payment_intent: string };
export type StripeRefund = Json & {
  id: string;
  amount: number;
  charge: string;
  payment_intent: string;
  status: string;
};
export type PaypalOrder = Json & { id: string; status: string; purchase_units: Json[] };
export type PaypalCapture = Json & { id: string; status: string; amount: Money; custom_id?: string };
export type PaypalRefund = Json & { id: string; status: string; amount: Money };
export type Money = { currency_code: string; value: string };

export type StoredAnswer = { fingerprint: string; status: number; body: unknown; running: boolean };
export type Delivery = {
  provider: 'stripe' | 'paypal';
  eventId: string;
  type: string;
  body: string;
  tries: number;
  status: number | null;
};

/** Everything the two providers remember. One object, so that it can be written to a file as it is. */
export type SandboxState = {
  intents: Record<string, Intent>;
  charges: Record<string, Charge>;
  stripeRefunds: Record<string, StripeRefund>;
  stripeAnswers: Record<string, StoredAnswer>;
  paypalOrders: Record<string, PaypalOrder>;
  paypalCaptures: Record<string, PaypalCapture & { order_id: string }>;
  paypalRefunds: Record<string, PaypalRefund & { capture_id: string }>;
  paypalRequests: Record<string, string>;
  deliveries: Delivery[];
  faults: Fault[];
};

export function emptyState(): SandboxState {
  return {
    intents: {},
    charges: {},
    stripeRefunds: {},
    stripeAnswers: {},
    paypalOrders: {},
    paypalCaptures: {},
    paypalRefunds: {},
    paypalRequests: {},
    deliveries: [],
    faults: [],
  };
}

const FILE = 'payment-sandbox.json';

/** A laptop's payments survive a restart; without a folder everything is forgotten. */
export async function loadState(folder: string | null): Promise<SandboxState> {
  if (!folder) return emptyState();
  await mkdir(folder, { recursive: true });
  try {
    const kept = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as SandboxState;
    // A call that was cut off before its answer has not happened: whoever repeats it is the first.
    const answered = Object.entries(kept.stripeAnswers ?? {}).filter(([, answer]) => !answer.running);
    return { ...emptyState(), ...kept, stripeAnswers: Object.fromEntries(answered), faults: [] };
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return emptyState();
    throw error;
  }
}

export type Saver = {
  /** Resolves when everything that was true at the call is in the file. */
  saved: () => Promise<void>;
};

/**
 * Writes the state as a whole, one writing at a time: who asks meanwhile shares the next one. A real provider does not
 * forget what it has said, so replies and events wait for this; without a folder there is nothing to wait for.
 */
export function createSaver(folder: string | null, state: SandboxState): Saver {
  let next: Promise<void> | null = null;
  let current: Promise<void> = Promise.resolve();
  const write = async (file: string) => {
    await writeFile(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  return {
    saved: () => {
      if (!folder) return Promise.resolve();
      next ??= current.then(async () => {
        next = null;
        current = write(join(folder, FILE));
        await current;
      });
      return next;
    },
  };
}

export function stripeId(prefix: string): string {
  return `${prefix}_${randomBytes(12).toString('hex')}`;
}

export function paypalId(): string {
  return randomBytes(9).toString('hex').slice(0, 17).toUpperCase();
}
