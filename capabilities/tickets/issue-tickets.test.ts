import assert from 'node:assert/strict';
import { test } from 'node:test';
import { issueTickets, revokeTickets } from './index.ts';

import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aPaidOrder } from '#testing/paid-orders';

const db = await testDatabase();

const issue = (order: { screeningId: number; orderId: string }) => db.transaction((tx) => issueTickets(tx, order));
const revoke = (order: { screeningId: number; orderId: string }) =>
  db.transaction((tx) => revokeTickets(tx, { ...order, reason: 'refunded' }));

test('a ticket keeps seat, auditorium, time, movie and price as sold, whatever the programme becomes', async () => {
  const screening = await aScreening(db);
  const order = await aPaidOrder(db, screening, [
    { seatNo: 1, kind: 'full' },
    { seatNo: 12, kind: 'half_student' },
  ]);
  assert.equal((await issue(order)).length, 2);
  await db.rows(`update catalog.movies set title = 'Another' where movie_id = $1`, [screening.movieId]);
  await db.rows(`update catalog.auditoriums set name = 'Sala 9' where auditorium_id = $1`, [screening.auditoriumId]);
  await db.rows(
    `update screenings.screenings set starts_at = starts_at + interval '1 hour',
    ends_at = ends_at + interval '1 hour', price_cents = 1 where screening_id = $1`,
    [screening.screeningId],
  );
  const rows = await db.rows(
    `select seat_no, seat_label, seat_row, movie_title, auditorium_name, starts_at, price_cents, fee_cents,
       kind::text, generation, state, holder from tickets.issued where order_id = $1 order by seat_no`,
    [order.orderId],
  );
  assert.partialDeepStrictEqual(rows, [
    { seat_no: 1, seat_label: 'A1', seat_row: 'A', movie_title: 'Limite', auditorium_name: 'Sala 1', kind: 'full' },
    { seat_no: 12, seat_label: 'B2', price_cents: 1600, fee_cents: 160, kind: 'half_student', generation: 1 },
  ]);
  assert.deepEqual(rows[0]!['starts_at'], screening.startsAt);
  assert.equal(rows[0]!['holder'], order.buyerId);
});

test('codes are 50 random bits and no two are alike', async () => {
  const screening = await aScreening(db, { rows: 20, perRow: 20 });
  const orders = [];
  for (let first = 1; first <= 391; first += 10) {
    const lines = Array.from({ length: 10 }, (_, index) => ({ seatNo: first + index }));
    orders.push(await aPaidOrder(db, screening, lines));
  }
  await db.rows('select from tickets.issue_tickets($1, $2)', [
    orders.map((order) => order.screeningId),
    orders.map((order) => order.orderId),
  ]);
  const rows = await db.rows<{ code: number }>('select code from tickets.issued where screening_id = $1', [
    screening.screeningId,
  ]);
  const codes = rows.map((row) => BigInt(row.code));
  assert.equal(new Set(codes).size, 400);
  for (let bit = 0n; bit < 50n; bit += 1n) {
    const set = codes.filter((code) => (code >> bit) & 1n).length;
    assert.ok(set > 100 && set < 300, `bit ${bit} is set in ${set} of 400 codes`);
  }
});

test('issuing again adds nothing', async () => {
  const order = await aPaidOrder(db, await aScreening(db), [{ seatNo: 3 }]);
  assert.equal((await issue(order)).length, 1);
  assert.equal((await issue(order)).length, 0);
});

test('a seat has one valid ticket; without the index a second one is written', async () => {
  const screening = await aScreening(db);
  await issue(await aPaidOrder(db, screening, [{ seatNo: 5 }]));
  const second = await aPaidOrder(db, screening, [{ seatNo: 5 }]);
  await assert.rejects(issue(second), { code: '23505', constraint: 'issued_valid_seat' });
  const control = db.transaction(async (tx) => {
    await tx.rows('drop index tickets.issued_valid_seat');
    assert.equal((await issueTickets(tx, second)).length, 1);
    throw new Error('roll back');
  });
  await assert.rejects(control, /roll back/);
});

test('revoked and sold again, a seat has a new generation, and the other order’s tickets stay valid', async () => {
  const screening = await aScreening(db);
  const first = await aPaidOrder(db, screening, [{ seatNo: 7 }, { seatNo: 8 }]);
  const other = await aPaidOrder(db, screening, [{ seatNo: 9 }]);
  await issue(first);
  await issue(other);
  assert.equal((await revoke(first)).length, 2);
  assert.equal((await revoke(first)).length, 0);
  const next = await aPaidOrder(db, screening, [{ seatNo: 7 }]);
  await issue(next);
  const rows = await db.rows(
    'select seat_no, generation, state from tickets.issued where screening_id = $1 order by seat_no, generation',
    [screening.screeningId],
  );
  assert.deepEqual(rows, [
    { seat_no: 7, generation: 1, state: 'revoked' },
    { seat_no: 7, generation: 2, state: 'valid' },
    { seat_no: 8, generation: 1, state: 'revoked' },
    { seat_no: 9, generation: 1, state: 'valid' },
  ]);
});
