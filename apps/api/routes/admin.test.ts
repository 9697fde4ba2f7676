import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdminOrderList, AdminScreening, Board } from '#contracts/admin';
import { newId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { aBuyer, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { soldTickets } from '#testing/sold-tickets';
import { registerAdminRoutes } from './admin.ts';

const db = await testDatabase();
const people = {
  ana: aBuyer(1),
  usher: { ...aBuyer(2), role: 'usher' as const },
  manager: { ...aBuyer(3), role: 'manager' as const },
};
const api = await testApi(people, (server) => registerAdminRoutes(server, { db, reader: db }));
const get = (url: string, who = 'manager') => api.inject({ url, cookies: as(who) });
const post = (url: string, payload: object, who = 'manager', key: string = newId()) =>
  api.inject({ method: 'POST', url, cookies: as(who), headers: { 'idempotency-key': key }, payload });

test('the back office is closed to visitors, buyers and ushers', async () => {
  const paths = ['board', 'screenings', 'screenings/1', 'orders', 'orders.csv', `orders/${newId()}`, 'theaters'];
  for (const path of [...paths, 'theaters/1', 'auditoriums/1']) {
    assert.equal((await api.inject(`/api/admin/${path}`)).statusCode, 401, path);
    assert.equal((await get(`/api/admin/${path}`, 'ana')).statusCode, 403, path);
    assert.equal((await get(`/api/admin/${path}`, 'usher')).statusCode, 403, path);
  }
  for (const path of ['orders/search', 'orders/search.csv']) {
    assert.equal((await api.inject({ method: 'POST', url: `/api/admin/${path}`, payload: {} })).statusCode, 401, path);
    assert.equal((await post(`/api/admin/${path}`, {}, 'ana')).statusCode, 403, path);
    assert.equal((await post(`/api/admin/${path}`, {}, 'usher')).statusCode, 403, path);
  }
  const { screeningId } = await aScreening(db);
  const paused = await post(`/api/admin/screenings/${screeningId}/status`, { status: 'paused' }, 'usher');
  assert.equal(paused.statusCode, 403);
});

test('board, programme, one screening, orders and theaters answer as their contracts say', async () => {
  const screening = await aScreening(db);
  const sold = await soldTickets(db, screening, [{ seatNo: 1 }]);
  const board = await get('/api/admin/board');
  assert.equal(board.statusCode, 200);
  assert.equal(board.json<Board>().salesPerHour.length, 24);
  for (const day of ['2026-02-30', '0000-01-01', '10000-01-01', 'today']) {
    assert.equal((await get(`/api/admin/board?day=${day}`)).statusCode, 422, day);
  }
  for (const day of ['1000-01-01', '9999-12-31']) {
    assert.equal((await get(`/api/admin/board?day=${day}`)).statusCode, 200, day);
  }
  assert.equal(
    (await get(`/api/admin/screenings?theater=${screening.theaterId}&day=2030-01-01`)).json().screenings.length,
    0,
  );
  assert.equal((await get('/api/admin/screenings')).statusCode, 200);
  assert.equal((await get(`/api/admin/screenings/${screening.screeningId}`)).json<AdminScreening>().sold, 1);
  assert.equal((await get('/api/admin/screenings/2000000000')).statusCode, 404);
  assert.equal((await post('/api/admin/orders/search', { q: sold.orderId, state: '' })).json().total, 1);
  assert.ok((await get('/api/admin/orders?state=&page=1')).json().total > 0);
  assert.equal((await get('/api/admin/orders?state=sideways')).statusCode, 422);
  assert.equal((await get(`/api/admin/orders/${sold.orderId}`)).json().orderId, sold.orderId);
  assert.equal((await get(`/api/admin/orders/${newId()}`)).statusCode, 404);
  const csv = await post('/api/admin/orders/search.csv', { q: sold.orderId });
  assert.match(String(csv.headers['content-disposition']), /^attachment; filename="[a-z-]+\.csv"$/);
  assert.equal(csv.body.split('\r\n').length, 3);
  assert.ok((await get('/api/admin/theaters?q=luis')).json().total > 0);
  const theater = (await get(`/api/admin/theaters/${screening.theaterId}`)).json();
  assert.equal(theater.auditoriums[0].hasPlan, true);
  const auditorium = (await get(`/api/admin/auditoriums/${screening.auditoriumId}`)).json();
  assert.deepEqual(auditorium.plan, screening.plan);
  assert.equal((await get('/api/admin/auditoriums/2000000000')).statusCode, 404);
});

test('a sale is paused and goes on, replays byte for byte; a cancelled screening stays cancelled', async () => {
  const { screeningId } = await aScreening(db);
  const path = `/api/admin/screenings/${screeningId}/status`;
  const key = newId();
  const paused = await post(path, { status: 'paused' }, 'manager', key);
  assert.equal(paused.json<AdminScreening>().status, 'paused');
  assert.equal((await post(path, { status: 'paused' }, 'manager', key)).body, paused.body);
  assert.equal((await post(path, { status: 'on_sale' })).json<AdminScreening>().status, 'on_sale');
  assert.equal((await post(path, { status: 'cancelled' })).statusCode, 422);
  await db.rows(`update screenings.screenings set status = 'cancelled' where screening_id = $1`, [screeningId]);
  assert.equal((await post(path, { status: 'on_sale' })).json().code, 'screening_cancelled');
  assert.equal((await post('/api/admin/screenings/2000000000/status', { status: 'paused' })).statusCode, 404);
});

test('free seats are blocked and put back; with one that is sold among them, none changes', async () => {
  const screening = await aScreening(db);
  await soldTickets(db, screening, [{ seatNo: 3 }]);
  const path = `/api/admin/screenings/${screening.screeningId}/blocks`;
  const refused = await post(path, { seatNos: [1, 2, 3], blocked: true });
  assert.equal(refused.statusCode, 409);
  assert.deepEqual(refused.json().seatNos, [3]);
  assert.equal((await get(`/api/admin/screenings/${screening.screeningId}`)).json<AdminScreening>().blocked, 0);
  assert.equal((await post(path, { seatNos: [1, 2], blocked: true })).json<AdminScreening>().blocked, 2);
  assert.equal((await post(path, { seatNos: [1, 2], blocked: false })).json<AdminScreening>().blocked, 0);
  assert.equal((await post(path, { seatNos: [4999], blocked: true })).statusCode, 404);
  assert.equal((await post(path, { seatNos: [], blocked: true })).statusCode, 422);
  assert.equal((await post(path, { seatNos: [1, 1], blocked: true })).statusCode, 422);
});

test('orders are searched and exported by e-mail in a body, without a key; no URL takes a question', async () => {
  const buyerId = newId();
  const email = `busca-${buyerId}@example.com`;
  await db.rows(`insert into accounts.accounts (account_id, email) values ($1, $2)`, [buyerId, email]);
  const { orderId } = await soldTickets(db, await aScreening(db), [{ seatNo: 1 }], buyerId);
  await soldTickets(db, await aScreening(db), [{ seatNo: 1 }]);
  const ask = (path: string, payload: object) =>
    api.inject({ method: 'POST', url: `/api/admin/orders/${path}`, cookies: as('manager'), payload });
  const found = await ask('search', { q: email, state: 'paid', page: 1 });
  assert.deepEqual(
    found.json<AdminOrderList>().orders.map((order) => order.orderId),
    [orderId],
  );
  assert.equal(found.headers['cache-control'], 'no-store');
  assert.equal((await ask('search', { q: email, state: 'refunded' })).json<AdminOrderList>().total, 0);
  const csv = await ask('search.csv', { q: email });
  assert.equal(csv.body.split('\r\n').length, 3);
  assert.ok(csv.body.includes(orderId));
  assert.equal((await ask('search', { email })).statusCode, 422, 'a misspelt question is not all orders');
  for (const path of ['orders', 'orders.csv']) {
    const refused = await get(`/api/admin/${path}?q=${encodeURIComponent(email)}`);
    assert.deepEqual([refused.statusCode, refused.body.includes(email)], [422, false], path);
  }
});
