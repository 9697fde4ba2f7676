import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { ordersAwaitingPayment } from '#testing/awaiting-payment';
import { ROOT, testDatabase } from '#testing/database';
import { aSeatHolder } from '#testing/holding';

// Real processes, one of them killed while its sets are under way.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

async function awaiting(count: number): Promise<[attemptId: string, cents: number][]> {
  const waiting = await ordersAwaitingPayment(db, holder, count);
  return waiting.map(({ order, attemptId }) => [attemptId, order.totalCents]);
}

/** Starts a process; `tell` has it told of the payments and answers which it acknowledged before it ended. */
async function aProcess(name: string) {
  const child = spawn(process.execPath, [join(ROOT, 'testing/payment-process.ts'), db.connectionString, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  after(() => child.kill('SIGKILL'));
  const exited = new Promise<string | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  const tell = async (payments: unknown, killAfter = Infinity) => {
    const acknowledged: string[] = [];
    child.stdin.write(`${JSON.stringify(payments)}\n`);
    for (let line = await lines.next(); !line.done; line = await lines.next()) {
      acknowledged.push((line.value as string).split(' ')[0]!);
      if (acknowledged.length === killAfter) child.kill('SIGKILL');
    }
    return { acknowledged, signal: await exited };
  };
  return { tell };
}

/** How often each of these attempts has what one payment has; every number must be one, and none may owe money. */
const books = (attemptIds: readonly string[]) =>
  db.rows<{ paid: boolean; sold: number; tickets: number; facts: number; refunds: number }>(
    `select a.fulfilment = 'paid' and o.state = 'paid' as paid,
       (select count(*) from holds.tickets t where t.order_id = a.order_id and t.state = 'sold') as sold,
       (select count(*) from tickets.issued i where i.order_id = a.order_id and i.state = 'valid') as tickets,
       (select count(*) from outbox.messages m where m.topic = 'order_paid'
          and m.payload ->> 'orderId' = a.order_id::text) as facts,
       (select count(*) from payments.refunds r where r.attempt_id = a.attempt_id) as refunds
     from payments.attempts a join orders.orders o on o.order_id = a.order_id where a.attempt_id = any ($1)`,
    [attemptIds],
  );

test('two processes told of the same payments, one killed in the middle: what it acknowledged is there, and each is paid once', async () => {
  const payments = await awaiting(80);
  const [one, other, later] = await Promise.all([aProcess('one'), aProcess('other'), aProcess('later')]);
  const [killed, alive] = await Promise.all([one.tell(payments, 1), other.tell([...payments].reverse())]);
  assert.equal(killed.signal, 'SIGKILL');
  assert.equal(alive.acknowledged.length, 80);
  for (const book of await books(killed.acknowledged)) assert.equal(book.paid, true);
  const again = await later.tell(payments);
  assert.equal(again.acknowledged.length, 80, 'the provider sends everything again');
  const once = { paid: true, sold: 1, tickets: 1, facts: 1, refunds: 0 };
  for (const book of await books(payments.map(([attemptId]) => attemptId))) assert.deepEqual(book, once);
});
