import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import pino from 'pino';
import { confirmPaid } from '#capabilities/orders';
import { setSalesStatus } from '#capabilities/screenings';
import { getSeat, type SeatDelta, type SeatSnapshot } from '#contracts/seat-states';
import { systemClock } from '#platform/clock';
import { as, testApi } from '#testing/api';
import { aBuyer, aScreening, ID_BEYOND_INT4 } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, letTimePass } from '#testing/holding';
import { NO_HOLD_LIMITS } from '../hold-limits.ts';
import { createOrderFeed } from '../live/order-feed.ts';
import { createHoldDesk } from '../hold-desk.ts';
import { createSeatMaps } from '../live/seat-maps.ts';
import { createStreams } from '../live/streams.ts';
import { createReading } from '../reading/reading.ts';
import { registerOrderRoutes } from './orders.ts';
import { registerScreeningRoutes } from './screenings.ts';
import { registerSeatRoutes } from './seats.ts';

const db = await testDatabase();
const log = pino({ level: 'silent' });
const people = {
  ana: aBuyer(1),
  bia: aBuyer(2),
  novo: { ...aBuyer(3), buyerKey: null },
};
const holder = aSeatHolder(db);

/** One API process with its own maps; nothing is shared but the database. */
async function anApi() {
  const seatMaps = await createSeatMaps({ db, log, clock: systemClock });
  const orderFeed = await createOrderFeed({ db, log });
  const reading = await createReading({ db, log, clock: systemClock });
  const streams = createStreams();
  const api = await testApi(people, (api) => {
    registerScreeningRoutes(api, { reading });
    const holdDesk = createHoldDesk({ db, seatHolder: holder, limits: NO_HOLD_LIMITS });
    registerSeatRoutes(api, { db, seatMaps, holdDesk, streams });
    registerOrderRoutes(api, { db, orderFeed, streams });
  });
  return {
    api,
    url: async () => {
      await api.listen({ port: 0 });
      return `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`;
    },
    close: async () => {
      streams.close();
      await api.close();
      await seatMaps.close();
      await orderFeed.close();
      await reading.close();
    },
  };
}
const main = await anApi();
const { api } = main;
const base = await main.url();
after(async () => {
  await main.close();
  await holder.close();
});

const hold = (who: string, screeningId: number, seatNos: number[], key: string = randomUUID(), kind = 'full') =>
  api.inject({
    method: 'POST',
    url: `/api/screenings/${screeningId}/holds`,
    cookies: as(who),
    headers: { 'idempotency-key': key },
    payload: { seats: seatNos.map((seatNo) => ({ seatNo, kind })) },
  });
const map = async (screeningId: number) =>
  (await api.inject(`/api/screenings/${screeningId}/seats`)).json<SeatSnapshot>();
const stateIn = (snapshot: SeatSnapshot, no: number) => getSeat(Buffer.from(snapshot.states, 'base64'), no);

/** Reads server-sent events; `next` waits for the next one of a name. */
async function listenTo(url: string, who?: string) {
  const abort = new AbortController();
  const answer = await fetch(url, { signal: abort.signal, headers: who ? { cookie: `poltrona_session=${who}` } : {} });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  return {
    next: async <T>(name: string): Promise<T> => {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end === -1) {
          const { value, done } = await reader.read();
          if (done) throw new Error('the stream ended');
          text += value;
          continue;
        }
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        if (!block.includes(`event: ${name}\n`)) continue;
        return JSON.parse(block.slice(block.indexOf('data: ') + 6)) as T;
      }
    },
    stop: () => abort.abort(),
  };
}

test('a hold answers 201 with the order, and the same key gives the same bytes, marked as a replay', async () => {
  const { screeningId } = await aScreening(db);
  const key = randomUUID();
  const first = await hold('ana', screeningId, [1, 2], key);
  assert.equal(first.statusCode, 201);
  assert.equal(first.json<{ totalCents: number }>().totalCents, 7040);
  const replay = await hold('ana', screeningId, [1, 2], key);
  assert.equal(replay.body, first.body);
  assert.equal(replay.headers['idempotent-replayed'], 'true');
  assert.equal(first.headers['idempotent-replayed'], undefined);
  const other = await hold('ana', screeningId, [3], key);
  assert.deepEqual([other.statusCode, other.json<{ code: string }>().code], [422, 'idempotency_key_reused']);
});

test('every refusal is a problem with its own code, and its replay is the same to the byte', async () => {
  const { screeningId } = await aScreening(db);
  await hold('bia', screeningId, [1]);
  const key = randomUUID();
  const taken = await hold('ana', screeningId, [1, 2], key);
  assert.deepEqual([taken.statusCode, taken.json<{ code: string }>().code], [409, 'seat_taken']);
  assert.deepEqual(taken.json<{ seatNos: number[] }>().seatNos, [1]);
  assert.match(taken.headers['content-type'] as string, /problem\+json/);
  assert.equal((await hold('ana', screeningId, [1, 2], key)).body, taken.body);
  const codes: [number, string][] = [];
  for (const [who, screening, seats] of [
    ['visitor', screeningId, [2]],
    ['novo', screeningId, [2]],
    ['ana', 999_999, [2]],
    ['ana', screeningId, [4_000]],
    ['ana', screeningId, [2, 2]],
    ['ana', screeningId, [0]],
    ['ana', screeningId, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
    ['ana', 99_999_999_999, [2]],
  ] as const) {
    const answer = await hold(who, screening, [...seats]);
    codes.push([answer.statusCode, answer.json<{ code: string }>().code]);
  }
  assert.deepEqual(codes, [
    [401, 'sign_in_required'],
    [403, 'cpf_required'],
    [404, 'screening_unknown'],
    [422, 'seat_unknown'],
    [422, 'validation_failed'],
    [422, 'validation_failed'],
    [422, 'validation_failed'],
    [422, 'validation_failed'],
  ]);
  const noKey = await api.inject({
    method: 'POST',
    url: `/api/screenings/${screeningId}/holds`,
    cookies: as('ana'),
    payload: { seats: [{ seatNo: 2, kind: 'full' }] },
  });
  assert.deepEqual([noKey.statusCode, noKey.json<{ code: string }>().code], [400, 'idempotency_key_required']);
  const courtesy = await hold('ana', screeningId, [5], randomUUID(), 'courtesy');
  assert.equal(courtesy.statusCode, 422, 'a buyer cannot choose a staff kind');
});

test('the map has an ETag that is answered by 304 until a seat changes', async () => {
  const { screeningId } = await aScreening(db);
  const url = `/api/screenings/${screeningId}/seats`;
  const first = await api.inject(url);
  const etag = first.headers['etag'] as string;
  const same = await api.inject({ url, headers: { 'if-none-match': etag } });
  assert.deepEqual([same.statusCode, same.body], [304, '']);
  const live = await listenTo(`${base}/api/screenings/${screeningId}/live`);
  await live.next('snapshot');
  await hold('ana', screeningId, [7], randomUUID(), 'half_student');
  await live.next('delta');
  live.stop();
  const changed = await api.inject({ url, headers: { 'if-none-match': etag } });
  assert.equal(changed.statusCode, 200);
  const snapshot = changed.json<SeatSnapshot>();
  assert.equal(stateIn(snapshot, 7), 1);
  assert.equal(snapshot.available, 49);
  assert.equal(snapshot.halfPrice.used, 1);
  assert.equal((await api.inject('/api/screenings/999999/seats')).statusCode, 404);
  assert.equal((await api.inject('/api/screenings/999999/live')).statusCode, 404);
});

test('a viewer at another process sees hold, sale and release as chained, absolute deltas', async () => {
  const other = await anApi();
  const { screeningId } = await aScreening(db);
  const live = await listenTo(`${await other.url()}/api/screenings/${screeningId}/live`);
  const snapshot = await live.next<SeatSnapshot>('snapshot');
  assert.equal(stateIn(snapshot, 3), 0);
  const order = await aHeldOrder(holder, screeningId, [3]);
  const held = await live.next<SeatDelta>('delta');
  assert.equal(held.previous, snapshot.version);
  assert.deepEqual(held.changes, [[3, 1]]);
  await db.transaction((tx) => confirmPaid(tx, { ...order, paidCents: order.totalCents }));
  const sold = await live.next<SeatDelta>('delta');
  assert.equal(sold.previous, held.version);
  assert.deepEqual(sold.changes, [[3, 2]]);
  live.stop();
  await other.close();
});

test('who looks at the seats hears that the sale is paused and goes on, at every process, also who comes just after', async () => {
  const other = await anApi();
  const { screeningId } = await aScreening(db);
  const elsewhere = await aScreening(db);
  const url = `/api/screenings/${screeningId}/live`;
  const live = await listenTo(`${await other.url()}${url}`);
  await live.next('snapshot');
  await map(screeningId);
  const set = (status: 'on_sale' | 'paused', id = screeningId) =>
    db.transaction((tx) => setSalesStatus(tx, { screeningId: id, status }));
  await set('paused', elsewhere.screeningId);
  await set('on_sale');
  await set('paused');
  assert.deepEqual(
    await live.next('sale'),
    { screeningId, saleState: 'paused' },
    'and not that of another, or nothing new',
  );
  const late = await listenTo(base + url);
  assert.deepEqual(await late.next('sale'), { screeningId, saleState: 'paused' });
  await set('on_sale');
  for (const viewer of [live, late]) {
    assert.deepEqual(await viewer.next('sale'), { screeningId, saleState: 'on_sale' });
    viewer.stop();
  }
  await other.close();
});

test('an expired hold becomes free on the map by itself', async () => {
  const { screeningId } = await aScreening(db);
  const short = aSeatHolder(db, 1);
  const live = await listenTo(`${base}/api/screenings/${screeningId}/live`);
  await live.next('snapshot');
  await aHeldOrder(short, screeningId, [3]);
  assert.deepEqual((await live.next<SeatDelta>('delta')).changes, [[3, 1]]);
  assert.deepEqual((await live.next<SeatDelta>('delta')).changes, [[3, 0]]);
  live.stop();
  await short.close();
});

test('many changes in a moment reach a viewer as few deltas that add up to the whole', async () => {
  const { screeningId } = await aScreening(db, { rows: 4, perRow: 20 });
  const live = await listenTo(`${base}/api/screenings/${screeningId}/live`);
  const states = Buffer.from((await live.next<SeatSnapshot>('snapshot')).states, 'base64');
  for (let no = 1; no <= 60; no += 1) await aHeldOrder(holder, screeningId, [no]);
  let deltas = 0;
  const seen = new Set<number>();
  while (seen.size < 60) {
    const delta = await live.next<SeatDelta>('delta');
    deltas += 1;
    for (const [no] of delta.changes) seen.add(no);
  }
  assert.ok(deltas < 30, `${deltas} deltas for 60 holds`);
  assert.equal(states.length, 20);
  live.stop();
});

test('after the database cut its listener off, a map heals by reading again', async () => {
  const { screeningId } = await aScreening(db);
  await map(screeningId);
  const cut = await db.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query in ('listen seat_changes', 'select 1')`,
  );
  assert.ok(cut.length > 0);
  const live = await listenTo(`${base}/api/screenings/${screeningId}/live`);
  await live.next('snapshot');
  await db.rows(`update holds.tickets set state = 'blocked' where screening_id = $1 and seat_no = 5`, [screeningId]);
  assert.deepEqual((await live.next<SeatDelta>('delta')).changes, [[5, 3]], 'nobody told; it was read again');
  live.stop();
});

test('a screening tells its plan, prices and whether it sells', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 2, priceCents: 3000 });
  await db.rows('update holds.tickets set price_cents = 4500 where screening_id = $1 and seat_no = 2', [screeningId]);
  const detail = (await api.inject(`/api/screenings/${screeningId}`)).json<Record<string, unknown>>();
  assert.equal(detail['saleState'], 'on_sale');
  assert.deepEqual(detail['priceExceptions'], [[2, 4500]]);
  assert.equal(detail['salesOpenAt'], null);
  assert.equal((detail['plan'] as { seats: unknown[] }).seats.length, 2);
  assert.equal((await api.inject('/api/screenings/999999')).statusCode, 404);
});

test('best seats are together and free, and 409 says when there are not so many', async () => {
  const { screeningId } = await aScreening(db, { rows: 3, perRow: 5 });
  const best = (await api.inject(`/api/screenings/${screeningId}/best-seats?count=3`)).json<{ seatNos: number[] }>();
  assert.equal(best.seatNos.length, 3);
  const held = await hold('ana', screeningId, best.seatNos);
  assert.equal(held.statusCode, 201);
  const none = await api.inject(`/api/screenings/${screeningId}/best-seats?count=1&accessible=true`);
  assert.deepEqual([none.statusCode, none.json<{ code: string }>().code], [409, 'not_enough_seats']);
  assert.equal((await api.inject(`/api/screenings/${screeningId}/best-seats?count=11`)).statusCode, 422);
});

test('my orders are mine: others get 404, visitors 401', async () => {
  const { screeningId } = await aScreening(db);
  const { orderId } = (await hold('ana', screeningId, [1])).json<{ orderId: string }>();
  const get = (who: string, id = orderId) => api.inject({ url: `/api/orders/${id}`, cookies: as(who) });
  assert.equal((await get('ana')).json<{ state: string }>().state, 'held');
  assert.equal((await get('bia')).statusCode, 404);
  assert.equal((await get('visitor')).statusCode, 401);
  assert.equal((await get('ana', randomUUID())).statusCode, 404);
  assert.equal((await get('ana', ID_BEYOND_INT4)).statusCode, 404);
  assert.equal((await get('ana', 'nonsense')).statusCode, 422);
  const list = await api.inject({ url: '/api/orders', cookies: as('ana') });
  assert.equal(list.json<{ orderId: string }[]>()[0]!.orderId, orderId);
});

test('an order is watched live from held to paid', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [1], {
    buyerId: people.ana.accountId,
    buyerKey: people.ana.buyerKey,
  });
  const live = await listenTo(`${base}/api/orders/${order.orderId}/live`, 'ana');
  assert.equal((await live.next<{ state: string }>('order')).state, 'held');
  await db.transaction((tx) => confirmPaid(tx, { ...order, paidCents: order.totalCents }));
  assert.equal((await live.next<{ state: string }>('order')).state, 'paid');
  live.stop();
  const stranger = await api.inject({ url: `/api/orders/${order.orderId}/live`, cookies: as('bia') });
  assert.equal(stranger.statusCode, 404);
});

test('other kinds and giving back work once each, by key, and only for the owner and while held', async () => {
  const { screeningId } = await aScreening(db);
  const { orderId } = (await hold('ana', screeningId, [1])).json<{ orderId: string }>();
  const change = (who: string, kind: string, seatNo = 1) =>
    api.inject({
      method: 'PUT',
      url: `/api/orders/${orderId}/kinds`,
      cookies: as(who),
      headers: { 'idempotency-key': randomUUID() },
      payload: { seats: [{ seatNo, kind }] },
    });
  assert.equal((await change('bia', 'half_student')).statusCode, 404);
  assert.equal((await change('ana', 'half_student')).json<{ totalCents: number }>().totalCents, 1760);
  assert.equal((await change('ana', 'half_student', 2)).json<{ code: string }>().code, 'seats_differ');
  const give = (id = orderId, key: string = randomUUID()) =>
    api.inject({
      method: 'DELETE',
      url: `/api/orders/${id}`,
      cookies: as('ana'),
      headers: { 'idempotency-key': key },
    });
  const key = randomUUID();
  const first = await give(orderId, key);
  assert.equal(first.json<{ state: string }>().state, 'cancelled');
  assert.equal((await give(orderId, key)).body, first.body);
  assert.equal((await give()).json<{ code: string }>().code, 'order_not_releasable');
  assert.equal((await give(ID_BEYOND_INT4)).statusCode, 404);
  assert.equal((await hold('bia', screeningId, [1])).statusCode, 201);
});

test('a hold that ended is told as expired when kinds are changed', async () => {
  const { screeningId } = await aScreening(db);
  const { orderId } = (await hold('ana', screeningId, [1])).json<{ orderId: string }>();
  await letTimePass(db, orderId, 1);
  const late = await api.inject({
    method: 'PUT',
    url: `/api/orders/${orderId}/kinds`,
    cookies: as('ana'),
    headers: { 'idempotency-key': randomUUID() },
    payload: { seats: [{ seatNo: 1, kind: 'full' }] },
  });
  assert.deepEqual([late.statusCode, late.json<{ code: string }>().code], [409, 'order_expired']);
});
