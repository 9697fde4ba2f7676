import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditedOrder } from './audit-books.ts';
import { limitFindings } from './audit-counts.ts';
import { index } from './audit-view.ts';

const anOrder = (orderId: string, seats: number): AuditedOrder => ({
  screeningId: 17,
  orderId,
  buyerId: 'ana',
  buyerKey: '65',
  state: 'held',
  lines: Array.from({ length: seats }, (_, n) => ({ seatNo: n + 1, kind: 'full', chargedCents: 100, feeCents: 10 })),
  totalCents: seats * 110,
  seatCount: seats,
  timeIsOver: false,
  endedEarly: false,
  heldUntil: new Date(0),
  seatsUntil: new Date(0),
  keyHash: '1',
});

test('a buyer is named by any order that they were told of, in whatever order the rows come', () => {
  const orders = [anOrder('known', 2), anOrder('unknown', 9)];
  const receipts = [{ screeningId: 17, buyer: 'Ana', orderId: 'known', seatNos: [1, 2], told: 'held' as const }];
  for (const rows of [orders, orders.toReversed()]) {
    const books = { orders: rows, tickets: [], issued: [], attempts: [], refunds: [], refusals: [], quotas: [] };
    const texts = limitFindings(index(books), receipts).map(({ text }) => text);
    assert.deepEqual(texts, ['Ana holds 11 seats of screening 17']);
  }
});
