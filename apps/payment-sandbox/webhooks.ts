import { createHmac } from 'node:crypto';
import { type Fault, takeFault } from './faults.ts';
import type { Delivery, SandboxState } from './sandbox-state.ts';

export type WebhookSettings = {
  stripeWebhookUrl: string | null;
  stripeWebhookSecret: string;
  paypalWebhookUrl: string | null;
  /** Signs a PayPal delivery: the headers for these bytes. */
  signPaypal(rawBody: string): Record<string, string>;
  /** Milliseconds before try n + 1; the last one ends it. */
  retryAfterMs: readonly number[];
  nowMs(): number;
  /** Resolves when what an event tells of is kept: nobody hears of a payment that a crash could undo. */
  saved: () => Promise<void>;
};

export const RETRY_AFTER_MS = [1_000, 5_000, 15_000, 60_000, 300_000] as const;
const TIMEOUT_MS = 10_000;
const DELIVERIES_KEPT_MAX = 2_000;

/** Sends signed events to the shop: at least once, again on anything but 2xx, in no promised order. */
export function createWebhooks(state: SandboxState, settings: WebhookSettings) {
  const timers = new Set<NodeJS.Timeout>();
  const flying = new Set<Promise<void>>();
  let heldBack: Delivery[] = [];
  let closed = false;

  const urlOf = (delivery: Delivery) =>
    delivery.provider === 'stripe' ? settings.stripeWebhookUrl : settings.paypalWebhookUrl;

  const later = (ms: number, run: () => void) => {
    if (closed) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const send = (delivery: Delivery, fault: Fault | null) => {
    const flight = post(delivery, fault).finally(() => flying.delete(flight));
    flying.add(flight);
  };

  const post = async (delivery: Delivery, fault: Fault | null): Promise<void> => {
    const url = urlOf(delivery);
    if (!url || closed) return;
    await settings.saved();
    delivery.tries += 1;
    const headers =
      delivery.provider === 'stripe' ? signStripe(delivery.body, fault) : signedByPaypal(delivery.body, fault);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: delivery.body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.arrayBuffer();
      delivery.status = response.status;
    } catch {
      delivery.status = 0;
    }
    const wait = settings.retryAfterMs[delivery.tries - 1];
    if ((delivery.status < 200 || delivery.status > 299) && wait !== undefined) later(wait, () => send(delivery, null));
  };

  const signStripe = (body: string, fault: Fault | null) => {
    const seconds = Math.floor(settings.nowMs() / 1000) - (fault?.effect === 'old_timestamp' ? 3_600 : 0);
    const secret = fault?.effect === 'break_signature' ? 'whsec_somebody_else' : settings.stripeWebhookSecret;
    const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    return { 'stripe-signature': `t=${seconds},v1=${signature}` };
  };

  const signedByPaypal = (body: string, fault: Fault | null) =>
    settings.signPaypal(fault?.effect === 'break_signature' ? `${body} ` : body);

  const deliver = (delivery: Delivery) => {
    const fault = takeFault(state.faults, 'webhook', delivery.type);
    if (fault?.effect === 'drop') return;
    if (fault?.effect === 'hold_back') {
      heldBack.push(delivery);
      return;
    }
    if (fault?.effect === 'delay') later(fault.delayMs ?? 1_000, () => send(delivery, null));
    else send(delivery, fault);
    if (fault?.effect === 'duplicate') send(delivery, null);
  };

  return {
    tell(provider: Delivery['provider'], eventId: string, type: string, body: string) {
      const delivery: Delivery = { provider, eventId, type, body, tries: 0, status: null };
      state.deliveries.push(delivery);
      if (state.deliveries.length > DELIVERIES_KEPT_MAX) state.deliveries.shift();
      deliver(delivery);
    },
    resend(eventId: string): boolean {
      const delivery = state.deliveries.findLast((other) => other.eventId === eventId);
      if (delivery) send(delivery, null);
      return delivery !== undefined;
    },
    /** Held-back events go out now, the last first: out of order. */
    release(): number {
      const waiting = heldBack.reverse();
      heldBack = [];
      for (const delivery of waiting) send(delivery, null);
      return waiting.length;
    },
    /** After a start: what the last process had not brought home goes out again. */
    resume(): void {
      for (const delivery of state.deliveries) {
        const arrived = delivery.status !== null && delivery.status >= 200 && delivery.status <= 299;
        if (!arrived && delivery.tries <= settings.retryAfterMs.length) send(delivery, null);
      }
    },
    /** Resolves once nothing is on its way; retries that wait for their time are not on their way. */
    async settled() {
      while (flying.size > 0) await Promise.all(flying);
    },
    close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;
