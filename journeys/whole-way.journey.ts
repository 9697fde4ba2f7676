import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { Verdict } from '#contracts/door';
import type { HeldOrder } from '#contracts/orders';
import type { PaymentAttempt } from '#contracts/payments';
import type { TicketView } from '#contracts/tickets';
import { buyer, expectOk, orderOf, until } from './api-person.ts';
import { journeyHouse } from './house.ts';
import { mailTo } from './mail.ts';
import { aScreeningOnSale, paymentThatCan } from './programme.ts';
import { staff } from './staff.ts';

// The whole way of one ticket over the API, without a browser: what the pages do, and what a program could do.

const house = await journeyHouse();

test('found, held, paid with Pix, mailed with tickets, admitted once', async () => {
  const ana = await buyer(house);
  const screening = await aScreeningOnSale(ana, 0);
  const { seatNos } = await ana.get<{ seatNos: number[] }>(
    `/api/screenings/${screening.screeningId}/best-seats?count=2`,
  );
  const held = await expectOk(
    ana.send<HeldOrder>('POST', `/api/screenings/${screening.screeningId}/holds`, {
      seats: seatNos.map((seatNo, index) => ({ seatNo, kind: index === 0 ? 'full' : 'half_student' })),
    }),
  );
  assert.equal(held.state, 'held');
  const attempt = await expectOk(
    ana.send<PaymentAttempt>('POST', `/api/orders/${held.orderId}/payments`, { method: 'pix' }),
  );
  assert.ok(attempt.pix?.code);
  const payment = await paymentThatCan(house, 'pay', held.totalCents);
  await fetch(`${house.sandboxUrl}/sandbox/pix/${payment.id}/pay`, { method: 'POST' });
  await until(
    () => orderOf(ana, held.orderId),
    (order) => order.state === 'paid',
  );
  const tickets = await ana.get<TicketView[]>(`/api/orders/${held.orderId}/tickets`);
  assert.equal(tickets.length, 2);
  const mail = await until(
    () => mailTo(house, ana.email),
    ({ attachments }) => attachments.length > 0,
  );
  assert.ok(mail.attachments.some(({ contentType }) => contentType === 'application/pdf'));

  const door = await staff(house, 'usher');
  const scan = (token: string, screeningId = screening.screeningId) =>
    expectOk(
      door.send<Verdict>('POST', '/api/door/admissions', { screeningId, token, gate: 'A', nonce: randomUUID() }),
    );
  // The doors of tomorrow's screening are closed today, and a forged code is told apart from that.
  assert.equal((await scan(tickets[0]!.token)).outcome, 'too_early');
  assert.equal((await scan('FORGED')).outcome, 'unreadable');
  assert.equal((await scan(tickets[0]!.token, screening.screeningId + 1)).outcome, 'wrong_screening');
});

test('two buyers want one seat: one holds it, the other is told which seat is taken, and holds nothing', async () => {
  const [ana, bia] = [await buyer(house), await buyer(house)];
  const { screeningId } = await aScreeningOnSale(ana, 1);
  const { seatNos } = await ana.get<{ seatNos: number[] }>(`/api/screenings/${screeningId}/best-seats?count=3`);
  const hold = (person: typeof ana, nos: number[]) =>
    person.send<{ code?: string; seatNos?: number[]; orderId?: string }>(
      'POST',
      `/api/screenings/${screeningId}/holds`,
      {
        seats: nos.map((seatNo) => ({ seatNo, kind: 'full' })),
      },
    );
  const answers = await Promise.all([hold(ana, seatNos.slice(0, 2)), hold(bia, seatNos.slice(1, 3))]);
  assert.deepEqual(
    answers.map(({ status }) => status).sort((a, b) => a - b),
    [201, 409],
  );
  const refused = answers.find(({ status }) => status === 409)!.body;
  assert.deepEqual([refused.code, refused.seatNos], ['seat_taken', [seatNos[1]]]);
  const loser = answers[0]!.status === 409 ? ana : bia;
  assert.deepEqual(await loser.get('/api/orders'), []);
});
