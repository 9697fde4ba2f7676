import { randomUUID } from 'node:crypto';
import type { Receipt } from '#testing/auditor';
import { type Answer, type Client, pause, textIn } from './client.ts';
import type { Buyer } from './house.ts';
import type { Random } from './random.ts';

export type Counts = { refused: Record<string, number>; unanswered: number; paid: number; bank: number };

export type Scene = {
  client: Client;
  random: Random;
  screenings: readonly { screeningId: number; seatCount: number }[];
  sandboxUrl: string;
  publishableKey: string;
  /** The manager's session, for refunds. */
  staffToken: string;
  /** Whether holds last long enough for a Pix code at all. */
  pix: boolean;
  /** How long the bank of a late payer takes, in milliseconds. */
  lateMs: readonly [number, number];
  running(): boolean;
  receipts: Receipt[];
  counts: Counts;
};

type Mine = Receipt & { asked: ('cancel' | 'refund')[] };
type Device = { buyer: Buyer; token: string; address: string; seatsMin: number; seatsMax: number };

const PAUSE_MS = [60, 500] as const;

/** One device of one buyer: holds, and then does with the seats what people do, until the load is over. */
export async function buy(scene: Scene, device: Device): Promise<void> {
  const { random } = scene;
  while (scene.running()) {
    await pause(random.between(...PAUSE_MS));
    const order = await holdSeats(scene, device);
    if (!order) continue;
    const plan = random.next();
    if (plan < 0.58) await payAndMaybeRefund(scene, device, order, 'card');
    else if (plan < 0.7) await payAndMaybeRefund(scene, device, order, scene.pix ? 'pix' : 'card');
    else if (plan < 0.8) await giveBack(scene, device, order);
    // Paid and given back at once: whoever comes first, the money stays with the seats or goes back.
    else if (plan < 0.88) await Promise.all([pay(scene, device, order, 'card'), giveBack(scene, device, order)]);
    else if (plan < 0.92) await payLate(scene, device, order);
    // The others walk away and let the hold end.
  }
}

/** Neighbouring seats in the hall that everybody wants, or in any. */
async function holdSeats(scene: Scene, device: Device): Promise<Mine | null> {
  const { client, random, counts } = scene;
  const { screeningId, seatCount } = random.chance(0.3) ? scene.screenings[0]! : random.pick(scene.screenings);
  const size = random.between(device.seatsMin, device.seatsMax);
  const from = random.between(1, seatCount - size + 1);
  const seatNos = Array.from({ length: size }, (_, n) => from + n);
  const body = { seats: seatNos.map((seatNo) => ({ seatNo, kind: random.chance(0.1) ? 'half_student' : 'full' })) };
  const key = randomUUID();
  const ask = { method: 'POST' as const, path: `/api/screenings/${screeningId}/holds`, body, key };
  const answer = await client.ask({ ...ask, ...who(device) }, ['too_many_unpaid_orders']);
  if (!answer) {
    counts.unanswered += 1;
    return null;
  }
  if (answer.status !== 201) {
    const code = textIn(answer.body, 'code') || String(answer.status);
    counts.refused[code] = (counts.refused[code] ?? 0) + 1;
    return null;
  }
  const receipt: Mine = {
    screeningId,
    buyer: device.buyer.name,
    orderId: textIn(answer.body, 'orderId'),
    seatNos,
    told: 'held',
    asked: [],
    totalCents: Number(answer.body['totalCents']),
    heldUntil: textIn(answer.body, 'heldUntil'),
    buyerId: device.buyer.accountId,
    key,
  };
  scene.receipts.push(receipt);
  return receipt;
}

const who = ({ token, address }: Device) => ({ token, address });

async function payAndMaybeRefund(scene: Scene, device: Device, order: Mine, method: 'card' | 'pix'): Promise<void> {
  await pay(scene, device, order, method);
  if (order.told !== 'paid' || !scene.random.chance(0.15)) return;
  order.asked.push('refund');
  const answer = await scene.client.ask({
    method: 'POST',
    path: `/api/admin/orders/${order.orderId}/refund`,
    token: scene.staffToken,
    address: '10.9.9.9',
    body: { reason: 'o comprador pediu' },
  });
  if (answer?.status === 200 && answer.body['state'] === 'refunded') order.told = 'refunded';
}

async function giveBack(scene: Scene, device: Device, order: Mine): Promise<void> {
  order.asked.push('cancel');
  const ask = { method: 'DELETE' as const, path: `/api/orders/${order.orderId}` };
  const answer = await scene.client.ask({ ...ask, ...who(device) });
  if (answer?.status === 200 && answer.body['state'] === 'cancelled') order.told = 'cancelled';
}

async function pay(scene: Scene, device: Device, order: Mine, method: 'card' | 'pix'): Promise<void> {
  const started = await start(scene, device, order, method);
  if (!started) return;
  if (started.status === 201) await atTheBank(scene, started);
  await watch(scene, device, order, textIn(started.body, 'attemptId'));
}

/** The buyer's bank says yes only when the seats' time is over. */
async function payLate(scene: Scene, device: Device, order: Mine): Promise<void> {
  const started = await start(scene, device, order, 'card');
  if (started?.status !== 201) return;
  await pause(scene.random.between(...scene.lateMs));
  await atTheBank(scene, started);
  await watch(scene, device, order, textIn(started.body, 'attemptId'));
}

/** Begins to pay, with a card where there is no time for a Pix; null when the order cannot be paid any more. */
async function start(scene: Scene, device: Device, order: Mine, method: 'card' | 'pix'): Promise<Answer | null> {
  const ask = { method: 'POST' as const, path: `/api/orders/${order.orderId}/payments`, ...who(device) };
  let answer = await scene.client.ask({ ...ask, body: { method } });
  if (answer?.body['code'] === 'pix_too_late') answer = await scene.client.ask({ ...ask, body: { method: 'card' } });
  return answer !== null && answer.status < 300 ? answer : null;
}

/** What a browser with Stripe.js does, or a bank's app; the sandbox may be away for a moment, the buyer tries again. */
async function atTheBank(scene: Scene, { body }: Answer): Promise<void> {
  const secret = textIn(body, 'clientSecret');
  const pixCode = (body['pix'] as { code?: string } | undefined)?.code ?? '';
  // The bank's app reads the payment's number out of the code.
  const number = /\/pix\/([0-9a-f]{24})/.exec(pixCode)?.[1];
  const intent = number ? `pi_${number}` : secret.split('_secret_')[0]!;
  if (!intent) return;
  for (let tries = 0; tries < 20; tries += 1) {
    const call = pixCode ? payPix(scene, intent) : confirmCard(scene, intent, secret);
    const taken = await call.catch(() => null);
    if (taken) scene.counts.bank += 1;
    if (taken !== null) return;
    await pause(200);
  }
}

async function confirmCard(scene: Scene, intent: string, secret: string): Promise<boolean> {
  const form = new URLSearchParams({
    client_secret: secret,
    'payment_method_data[type]': 'card',
    'payment_method_data[card][number]': scene.random.chance(0.08) ? '4000000000000002' : '4242424242424242',
    'payment_method_data[card][exp_month]': '12',
    'payment_method_data[card][exp_year]': '2034',
    'payment_method_data[card][cvc]': '123',
  });
  const answer = await fetch(`${scene.sandboxUrl}/v1/payment_intents/${intent}/confirm`, {
    method: 'POST',
    headers: { authorization: `Bearer ${scene.publishableKey}` },
    body: form,
    signal: AbortSignal.timeout(5_000),
  });
  await answer.arrayBuffer();
  return answer.ok;
}

async function payPix(scene: Scene, intent: string): Promise<boolean> {
  const url = `${scene.sandboxUrl}/sandbox/pix/${intent}/pay`;
  const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(5_000) });
  await answer.arrayBuffer();
  return answer.ok;
}

/** Looks at the order as its page does, and sometimes asks the shop to look at the provider. */
async function watch(scene: Scene, device: Device, order: Mine, attemptId: string): Promise<void> {
  for (let looks = 0; looks < 12; looks += 1) {
    if (scene.random.chance(0.3)) {
      await scene.client.ask({ method: 'POST', path: `/api/payments/${attemptId}/refresh`, ...who(device) });
    }
    const seen = await scene.client.ask({ method: 'GET', path: `/api/orders/${order.orderId}`, ...who(device) });
    const state = seen?.status === 200 ? seen.body['state'] : null;
    if (state === 'paid' && order.told === 'held') {
      order.told = 'paid';
      scene.counts.paid += 1;
    }
    if (state !== 'held' && state !== 'awaiting_payment' && state !== null) return;
    if (!scene.running() && looks > 3) return;
    await pause(scene.random.between(100, 500));
  }
}
