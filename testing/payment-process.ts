// A process of its own that is told of captured payments: node testing/payment-process.ts <connection string> <name>.
// Takes one line of standard input, [[attempt id, cents], …], tells itself of all of them at once, ten at most in a
// transaction, and says each attempt's id and answer on a line of standard output. Ends when all are answered.
import { createInterface } from 'node:readline';
import pino from 'pino';
import * as orders from '#capabilities/orders';
import { createPayments } from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import { createDatabase } from '#platform/postgres';
import { capturedPayment, standInProvider } from './stand-in-provider.ts';

const [connectionString, name] = process.argv.slice(2);
if (!connectionString || !name) throw new Error('usage: node testing/payment-process.ts <connection string> <name>');
const db = createDatabase({ connectionString, connectionsMax: 4 });
let captured = new Map<string, number>();
const payments = createPayments({
  db,
  clock: systemClock,
  log: pino({ level: 'silent' }),
  orders,
  stripe: standInProvider((id) => {
    const attemptId = id.slice('pi_'.length);
    return capturedPayment(attemptId, captured.get(attemptId)!);
  }),
  paypal: null,
  gathering: { lanes: 2, sizeMax: 10 },
});
process.stdout.write('ready\n');
for await (const line of createInterface(process.stdin)) {
  captured = new Map(JSON.parse(line) as [string, number][]);
  await Promise.all(
    [...captured.keys()].map(async (attemptId) => {
      const answer = await payments.handleStripeEvent(Buffer.from(`pi_${attemptId} ${name}`), {});
      process.stdout.write(`${attemptId} ${answer}\n`);
    }),
  );
  break;
}
process.stdin.destroy();
await payments.close();
await db.close();
