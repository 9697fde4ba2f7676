import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import * as orders from '#capabilities/orders';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { createPayments } from './index.ts';
import { createLookLimit } from './look-limit.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);

/** A page in a loop: fifty refreshes and fifty captures of one card payment. Answers how many reached the provider. */
async function hundredLooks(lookEveryMs: number | undefined) {
  let reads = 0;
  let nowMs = Date.now();
  const readPayment = (id: string) => {
    reads += 1;
    return till.stripe.readPayment(id);
  };
  const payments = createPayments({
    db,
    clock: { now: () => new Date(nowMs) },
    log: pino({ level: 'silent' }),
    orders,
    stripe: { ...till.stripe, readPayment },
    paypal: null,
    ...(lookEveryMs === undefined ? {} : { lookEveryMs }),
  });
  const { orderId, buyerId } = await aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
  const started = await payments.start({ orderId, buyerId, method: 'card' });
  assert.ok(started.outcome === 'started');
  const { attemptId, clientSecret } = started.attempt;
  reads = 0;
  const look = () => payments.refresh({ attemptId, buyerId });
  const looks = await Promise.all(Array.from({ length: 50 }, look));
  await Promise.all(Array.from({ length: 50 }, () => payments.capture({ attemptId, buyerId })));
  assert.ok(looks.every((view) => view?.state === 'requires_action'));
  const early = reads;
  await payByCard(till, clientSecret!);
  const soon = (await look())!.state;
  nowMs += 2_000;
  return { early, soon, later: (await look())!.state, reads: reads - early };
}

test('a page in a loop reaches the provider once in two seconds; too soon it is told what we know', async () => {
  assert.deepEqual(await hundredLooks(undefined), { early: 1, soon: 'requires_action', later: 'captured', reads: 1 });
});

test('control: without the limit every look reaches the provider', async () => {
  assert.deepEqual(await hundredLooks(0), { early: 100, soon: 'captured', later: 'captured', reads: 2 });
});

test('the memory of looks is bounded: the oldest attempt is forgotten, the others still wait', () => {
  const limit = createLookLimit({ now: () => new Date(0) }, 2_000, 2);
  const look = (attemptId: string) => limit.mayLook(attemptId);
  assert.deepEqual(['a', 'b', 'a', 'c'].map(look), [true, true, false, true]);
  assert.deepEqual(['b', 'c', 'a'].map(look), [false, false, true]);
});
