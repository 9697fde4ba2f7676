import assert from 'node:assert/strict';
import { test } from 'node:test';
import Papa from 'papaparse';
import {
  exportOrders,
  readBoard,
  readProgramme,
  readScreeningOccupancy,
  searchOrders,
  searchTheaters,
} from './index.ts';
import { newId } from '#platform/ids';
import { aMovie, aScreening, aTheater } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aPaidOrder } from '#testing/paid-orders';
import { soldTickets } from '#testing/sold-tickets';

const db = await testDatabase();

const soldAt = (orderId: string, instant: string) =>
  db.rows('update tickets.issued set issued_at = $2 where order_id = $1', [orderId, instant]);

async function aPerson(email: string): Promise<string> {
  const accountId = newId();
  await db.rows('insert into accounts.accounts (account_id, email) values ($1, $2)', [accountId, email]);
  return accountId;
}

test('sales count at the hour and day of each theater’s own clock, beside the same weekday last week', async () => {
  const recife = await aScreening(db);
  const manaus = await aScreening(db);
  await db.rows(`update catalog.theaters set time_zone = 'America/Manaus' where theater_id = $1`, [manaus.theaterId]);
  const sell = async (screening: typeof recife, seatNos: number[], instant: string) => {
    const order = await soldTickets(
      db,
      screening,
      seatNos.map((seatNo) => ({ seatNo })),
    );
    await soldAt(order.orderId, instant);
  };
  await sell(recife, [1, 2], '2026-11-22T22:30:00Z'); // 19h30 in Recife, on the day.
  await sell(recife, [3], '2026-11-23T02:59:59Z'); // 23h59 in Recife: still the day.
  await sell(recife, [4], '2026-11-23T03:00:00Z'); // Midnight: the next.
  await sell(manaus, [1], '2026-11-23T03:30:00Z'); // 23h30 in Manaus: the day.
  await sell(manaus, [2], '2026-11-22T03:30:00Z'); // 23h30 of the day before.
  await sell(recife, [5], '2026-11-15T13:00:00Z'); // 10h, a week before.
  const board = await readBoard(db, { day: '2026-11-22' });
  assert.equal(board.salesPerHour.length, 24);
  assert.deepEqual([board.salesPerHour[19], board.salesPerHour[23]], [2, 2]);
  assert.equal(
    board.salesPerHour.reduce((sum, sold) => sum + sold, 0),
    4,
  );
  assert.equal(board.salesPerHourLastWeek[10], 1);
  assert.partialDeepStrictEqual(board, { ticketsSold: 4, ordersPaid: 3, grossCents: 4 * 3520, feeCents: 4 * 320 });
});

test('the board shows occupancy by screening, expired holds as free, and what nearly sold out', async () => {
  const screening = await aScreening(db, { rows: 1, perRow: 10, startsAt: new Date(Date.now() + 3_600_000) });
  const nine = Array.from({ length: 9 }, (_, index) => ({ seatNo: index + 1 }));
  await soldTickets(db, screening, nine);
  const hold = (interval: string) =>
    db.rows(
      `update holds.tickets set state = 'held', order_id = gen_random_uuid(), held_until = now() + $2::interval
       where screening_id = $1 and seat_no = 10`,
      [screening.screeningId, interval],
    );
  const row = await db.row<{ day: string }>(
    'select cinema_day as day from screenings.screenings where screening_id = $1',
    [screening.screeningId],
  );
  const shown = async () => {
    const board = await readBoard(db, { day: row!.day });
    return { board, mine: board.screenings.find((other) => other.screeningId === screening.screeningId)! };
  };
  await hold('5 minutes');
  const { board, mine } = await shown();
  assert.partialDeepStrictEqual(mine, { seatCount: 10, sold: 9, held: 1, movieTitle: 'Limite', status: 'on_sale' });
  assert.ok(board.alerts.some((alert) => alert.code === 'nearly_sold_out' && alert.subject.startsWith('Limite')));
  await hold('-1 minute');
  assert.equal((await shown()).mine.held, 0);
});

test('a failed refund is an alert until a later one of the same payment is on its way, and so is one made elsewhere', async () => {
  const alerts = async (orderId: string) => {
    const { alerts: all } = await readBoard(db, {});
    return all.filter((alert) => alert.subject === orderId).map((alert) => alert.code);
  };
  const { screeningId, orderId } = await aPaidOrder(db, await aScreening(db), [{ seatNo: 1 }]);
  const attemptId = newId();
  await db.rows(
    `insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, state, amount_cents,
       idempotency_key, pay_until, next_check_at, correlation_id, captured_at, fulfilment)
     values ($1, $2::uuid, $3, $2, 'stripe', 'card', 'captured', 1, $2::text, now(), now(), $2, now(), 'paid')`,
    [screeningId, attemptId, orderId],
  );
  const refund = (state: string, reason = 'buyer') =>
    db.rows(
      `insert into payments.refunds (screening_id, refund_id, attempt_id, order_id, provider, amount_cents, state,
         reason, idempotency_key, correlation_id)
       values ($1, $2::uuid, $3, $4, 'stripe', 1, $5, $6, $2::text, $2)`,
      [screeningId, newId(), attemptId, orderId, state, reason],
    );
  await refund('succeeded');
  assert.deepEqual(await alerts(orderId), []);
  await refund('failed');
  assert.deepEqual(await alerts(orderId), ['refund_failed']);
  await refund('failed');
  assert.deepEqual(await alerts(orderId), ['refund_failed'], 'one alert for one debt');
  await refund('pending');
  assert.deepEqual(await alerts(orderId), []);
  await refund('succeeded', 'external');
  assert.deepEqual(await alerts(orderId), ['refund_seen_at_provider']);
  await db.rows(`update orders.orders set state = 'refunded' where screening_id = $1`, [screeningId]);
  assert.deepEqual(await alerts(orderId), []);
});

test('the programme counts seats and buyers, and names screenings that overlap in one auditorium', async () => {
  const screening = await aScreening(db);
  const copy = await db.row<{ id: number }>(
    `insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at,
       cinema_day, price_cents, half_price_quota, sales_close_at)
     select auditorium_id, theater_id, movie_id, seat_plan_id, starts_at + interval '1 hour',
       ends_at + interval '1 hour', cinema_day, price_cents, half_price_quota, sales_close_at
     from screenings.screenings where screening_id = $1 returning screening_id as id`,
    [screening.screeningId],
  );
  await aPaidOrder(db, screening, [{ seatNo: 1 }, { seatNo: 2 }]);
  await db.rows(`update holds.tickets set state = 'blocked' where screening_id = $1 and seat_no = 50`, [
    screening.screeningId,
  ]);
  const one = await readScreeningOccupancy(db, screening.screeningId);
  assert.partialDeepStrictEqual(one, {
    sold: 2,
    blocked: 1,
    held: 0,
    paidOrders: 1,
    openOrders: 0,
    seatCount: 50,
    conflictsWith: [copy!.id],
  });
  const day = (await db.row<{ day: string }>(
    'select cinema_day as day from screenings.screenings where screening_id = $1',
    [screening.screeningId],
  ))!.day;
  const programme = await readProgramme(db, { day, theaterId: screening.theaterId });
  assert.deepEqual(
    programme.screenings.map((shown) => shown.screeningId),
    [screening.screeningId, copy!.id],
  );
  assert.ok(
    programme.theaters.some((theater) => theater.theaterId === screening.theaterId && theater.screenings === 2),
  );
  assert.equal(await readScreeningOccupancy(db, 2_000_000_000), null);
});

test('orders are found by id, by e-mail and by movie without accents, and not by other people’s', async () => {
  const movieId = await aMovie(db, 'Ganga Bruta: a Fúria');
  const screening = await aScreening(db, { movieId });
  const buyer = await aPerson('ana_1@exemplo.com.br');
  await aPaidOrder(db, await aScreening(db), [{ seatNo: 1 }], await aPerson('anax1@exemplo.com.br'));
  const mine = await aPaidOrder(db, screening, [{ seatNo: 1 }, { seatNo: 2 }], buyer);
  const found = async (q: string) => (await searchOrders(db, { q, page: 1 })).orders.map((order) => order.orderId);
  for (const q of [mine.orderId, mine.orderId.toUpperCase(), 'ANA_1@exemplo', 'ganga bruta', '  furia ']) {
    assert.deepEqual(await found(q), [mine.orderId], q);
  }
  for (const q of ['%', 'ninguem@exemplo.com.br', newId(), 'ffffffff-ffff-8fff-bfff-ffffffffffff', "' or 1=1 --"]) {
    assert.deepEqual(await found(q), [], q);
  }
  const [order] = (await searchOrders(db, { q: mine.orderId, page: 1 })).orders;
  assert.partialDeepStrictEqual(order, {
    email: 'ana_1@exemplo.com.br',
    seatCount: 2,
    totalCents: 7040,
    state: 'paid',
  });
});

test('orders are filtered by the state that people see, sorted both ways, and paged without gaps', async () => {
  const movieId = await aMovie(db, 'Paginado');
  const screening = await aScreening(db, { movieId, rows: 10, perRow: 10 });
  const ids: string[] = [];
  for (let seatNo = 1; seatNo <= 60; seatNo += 1) {
    ids.push((await aPaidOrder(db, screening, [{ seatNo, kind: seatNo === 60 ? 'courtesy' : 'full' }])).orderId);
  }
  await db.rows(
    `update orders.orders set state = 'held', held_until = now() - interval '1 second' where order_id = $1`,
    [ids[0]],
  );
  const first = await searchOrders(db, { q: 'paginado', page: 1 });
  const second = await searchOrders(db, { q: 'paginado', page: 2 });
  assert.partialDeepStrictEqual(first, { total: 60, page: 1, pageSize: 50 });
  const seen = [...first.orders, ...second.orders].map((order) => order.orderId);
  assert.deepEqual(new Set(seen), new Set(ids));
  assert.equal(seen.length, 60);
  const cheapest = await searchOrders(db, { q: 'paginado', sort: 'total', page: 1 });
  assert.equal(cheapest.orders[0]!.totalCents, 0);
  const expired = await searchOrders(db, { q: 'paginado', state: 'expired', page: 1 });
  assert.deepEqual(
    expired.orders.map((order) => order.orderId),
    [ids[0]],
  );
  assert.equal((await searchOrders(db, { q: 'paginado', state: 'held', page: 1 })).total, 0);
});

test('no cell of the export starts a formula, and none is lost', async () => {
  const titles = ['=1+1', '+SUM(A1)', '-2', '@now', '\t=1', '  =cmd', '＝1', 'A "quoted"; title\nof two lines'];
  const ids: string[] = [];
  for (const title of titles) {
    const screening = await aScreening(db, { movieId: await aMovie(db, title) });
    ids.push((await aPaidOrder(db, screening, [{ seatNo: 1 }])).orderId);
  }
  const text = await exportOrders(db, {});
  assert.equal(text.charCodeAt(0), 0xfeff);
  const { data, errors } = Papa.parse<Record<string, string>>(text.slice(1), { header: true, skipEmptyLines: true });
  assert.deepEqual(errors, []);
  const rows = data.filter((row) => ids.includes(row['orderId']!));
  assert.equal(rows.length, titles.length);
  for (const cell of data.flatMap((row) => Object.values(row))) assert.doesNotMatch(cell, /^[\s\p{Cc}]*[=+\-@＝]/u);
  assert.ok(rows.some((row) => row['movieTitle'] === 'A "quoted"; title\nof two lines'));
});

test('theaters are found by words of name or city without accents', async () => {
  await aTheater(db, { name: 'Cine Ópera', city: 'São João del-Rei', state: 'MG' });
  for (const q of ['opera', 'ÓPERA', 'sao joao']) {
    const { theaters } = await searchTheaters(db, { q, page: 1 });
    assert.ok(
      theaters.some((theater) => theater.name === 'Cine Ópera'),
      q,
    );
  }
  assert.equal((await searchTheaters(db, { q: '%%', page: 1 })).total, 0);
});
