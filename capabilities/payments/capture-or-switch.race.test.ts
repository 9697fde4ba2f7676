import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aTill, payByCard } from '#testing/paying';
import { editedPayments } from '#testing/unguarded-payments';
import type { SourceEdits } from '#testing/without-guard';
import type { PaymentProvider } from './index.ts';
import { ledger } from '../../apps/payment-sandbox/sandbox-controls.ts';

// The buyer approves in PayPal's window and changes to card in another tab. Gates at the provider make the two calls
// truly overlap, in both orders; without our guards each overlap takes the money twice.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);

/** A call that says when it has come to the provider and goes on when it is told. */
function gated<A extends unknown[], R>(call: (...args: A) => Promise<R>) {
  const reached = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  const gatedCall = async (...args: A) => {
    reached.resolve();
    await opened.promise;
    return call(...args);
  };
  return { call: gatedCall, reached: reached.promise, open: opened.resolve };
}

async function anApprovedOrder(edits: SourceEdits, paypal: Partial<PaymentProvider>) {
  const payments = await editedPayments(db, { ...till, paypal: { ...till.paypal, ...paypal } }, edits);
  const order = await aHeldOrder(holder, (await aScreening(db)).screeningId, [1, 2]);
  const { orderId, buyerId } = order;
  const answer = await payments.start({ orderId, buyerId, method: 'paypal' });
  assert.ok(answer.outcome === 'started');
  await till.post(`/sandbox/paypal/${answer.attempt.paypalOrderId!}/approve`);
  return {
    capture: () => payments.capture({ attemptId: answer.attempt.attemptId, buyerId }),
    switchToCard: () => payments.start({ orderId, buyerId, method: 'card' }),
    /** Pays with the card wherever a form was shown; answers how many times the price was taken. */
    timesPaid: async (switched: Awaited<ReturnType<typeof payments.start>>) => {
      if (switched.outcome === 'started') await payByCard(till, switched.attempt.clientSecret!);
      return ledger(till.sandbox.state).orders[orderId]!.capturedCents / order.totalCents;
    },
  };
}

/** The capture is at PayPal, unanswered, when the buyer changes to card. */
async function switchDuringCapture(edits: SourceEdits) {
  const gate = gated((id: string, key: string) => till.paypal.capturePayment(id, key));
  const tale = await anApprovedOrder(edits, { capturePayment: gate.call });
  const capturing = tale.capture();
  await gate.reached;
  const switched = await tale.switchToCard();
  gate.open();
  await capturing;
  return { switched: switched.outcome, timesPaid: await tale.timesPaid(switched) };
}

/** The change to card is cancelling at PayPal, unanswered, when PayPal's window asks for the capture. */
async function captureDuringSwitch(edits: SourceEdits) {
  const cancel = gated((id: string, key: string) => till.paypal.cancelPayment(id, key));
  const capture = gated((id: string, key: string) => till.paypal.capturePayment(id, key));
  const tale = await anApprovedOrder(edits, { cancelPayment: cancel.call, capturePayment: capture.call });
  const switching = tale.switchToCard();
  await cancel.reached;
  const capturing = tale.capture();
  await Promise.race([capture.reached, capturing]);
  cancel.open();
  const switched = await switching;
  capture.open();
  await capturing;
  return { switched: switched.outcome, timesPaid: await tale.timesPaid(switched) };
}

const DOES_NOT_ASK_FOR_CAPTURES: SourceEdits = {
  'cancel-attempt.ts': [
    [' || locked.capturing) return locked;', ') return locked;'],
    [' || marked.capturing ||', ' ||'],
  ],
};
const DOES_NOT_ASK_FOR_CANCELS: SourceEdits = { 'capture-payment.ts': [[' attempt.cancelling ||', '']] };
const BELIEVES_OLD_LOOKS: SourceEdits = {
  'apply-provider-state.ts': [
    ["return attempt.capturing && (seen === 'requires_action'", "return false && (seen === 'x'"],
  ],
};

test('a change of method while the capture is on its way waits: the money is taken once', async () => {
  const once = { switched: 'payment_unresolved', timesPaid: 1 };
  assert.deepEqual(await switchDuringCapture({}), once);
  assert.deepEqual(await switchDuringCapture(DOES_NOT_ASK_FOR_CAPTURES), once, 'old looks are not believed');
  assert.deepEqual(await switchDuringCapture(BELIEVES_OLD_LOOKS), once, 'nobody cancels beside a capture');
});

test('control: without both guards the same overlap takes the money twice', async () => {
  const seen = await switchDuringCapture({ ...DOES_NOT_ASK_FOR_CAPTURES, ...BELIEVES_OLD_LOOKS });
  assert.deepEqual(seen, { switched: 'started', timesPaid: 2 });
});

test('a capture while the change of method is on its way is not made: the card pays, once', async () => {
  assert.deepEqual(await captureDuringSwitch({}), { switched: 'started', timesPaid: 1 });
  assert.deepEqual(await captureDuringSwitch(BELIEVES_OLD_LOOKS), { switched: 'started', timesPaid: 1 });
  const captured = { switched: 'payment_unresolved', timesPaid: 1 };
  assert.deepEqual(await captureDuringSwitch(DOES_NOT_ASK_FOR_CANCELS), captured, 'old looks are not believed');
});

test('control: without both guards that overlap takes the money twice, too', async () => {
  const seen = await captureDuringSwitch({ ...DOES_NOT_ASK_FOR_CANCELS, ...BELIEVES_OLD_LOOKS });
  assert.deepEqual(seen, { switched: 'started', timesPaid: 2 });
});
