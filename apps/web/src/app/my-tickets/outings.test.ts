import assert from 'node:assert/strict';
import test from 'node:test';
import type { TicketView } from '#contracts/tickets';
import { asOutings } from './outings.ts';

const now = Date.parse('2026-11-22T20:00:00-03:00');

function ticket(orderId: string, startsAt: string, state: TicketView['state'] = 'valid'): TicketView {
  return { orderId, startsAt, state } as TicketView;
}

test('puts the nearest next evening first, the running film among the next, and the past latest first', () => {
  const { next, past } = asOutings(
    [
      ticket('later', '2026-11-25T19:00:00-03:00'),
      ticket('old', '2026-10-01T19:00:00-03:00'),
      ticket('running', '2026-11-22T18:30:00-03:00'),
      ticket('yesterday', '2026-11-21T19:00:00-03:00'),
      ticket('later', '2026-11-25T19:00:00-03:00'),
    ],
    now,
  );
  assert.deepEqual(
    next.map((outing) => [outing.orderId, outing.tickets.length]),
    [
      ['running', 1],
      ['later', 2],
    ],
  );
  assert.deepEqual(
    past.map((outing) => outing.orderId),
    ['yesterday', 'old'],
  );
});

test('an evening whose tickets were all revoked is past, one with a valid ticket left is not', () => {
  const start = '2026-11-25T19:00:00-03:00';
  assert.equal(asOutings([ticket('a', start, 'revoked')], now).next.length, 0);
  assert.equal(asOutings([ticket('a', start, 'revoked'), ticket('a', start)], now).next.length, 1);
});
