import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import type { SeatHolder } from '#capabilities/holds';
import { confirmPaid, releaseOrder } from '#capabilities/orders';
import type { HeldOrder } from '#contracts/orders';
import { systemClock } from '#platform/clock';
import type { HttpServer } from '#platform/http-server';
import { newId } from '#platform/ids';
import { as, testApi } from '#testing/api';
import { aBuyer, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aSeatHolder } from '#testing/holding';
import { withEdits } from '#testing/without-guard';
import { createHoarding, HOLD_LIMITS, type HoldLimits, NO_HOLD_LIMITS } from '../hold-limits.ts';
import { createHoldDesk } from '../hold-desk.ts';
import { createRateLimit } from '../rate-limit.ts';
import { createSeatMaps } from '../live/seat-maps.ts';
import { createStreams } from '../live/streams.ts';
import { registerSeatRoutes } from './seats.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
const seatMaps = await createSeatMaps({ db, log: pino({ level: 'silent' }), clock: systemClock });
const streams = createStreams();
const people = Object.fromEntries(Array.from({ length: 20 }, (_, number) => [`b${number}`, aBuyer(number + 1)]));

function anApi(limits?: HoldLimits, seatHolder: SeatHolder = holder, makeDesk = createHoldDesk): Promise<HttpServer> {
  return testApi(people, (api) =>
    registerSeatRoutes(api, {
      db,
      seatMaps,
      streams,
      holdDesk: makeDesk({ db, seatHolder, ...(limits ? { limits } : {}) }),
    }),
  );
}
after(async () => {
  streams.close();
  await seatMaps.close();
  await holder.close();
});

const hold = (api: HttpServer, who: string, screeningId: number, key: string = newId(), seatNo = 1) =>
  api.inject({
    method: 'POST',
    url: `/api/screenings/${screeningId}/holds`,
    cookies: as(who),
    headers: { 'idempotency-key': key },
    payload: { seats: [{ seatNo, kind: 'full' }] },
  });

/** A holder that only counts who reached it. */
function aCounter() {
  const counted = { calls: 0 };
  const seatHolder: SeatHolder = {
    hold: async () => {
      counted.calls += 1;
      return { kind: 'overloaded' };
    },
    overloaded: () => false,
    waiting: () => 0,
    close: async () => {},
  };
  return { counted, seatHolder };
}

test('an account may hold sixty times a minute, is then told when to come back, and reaches no seat; others may', async () => {
  const { counted, seatHolder } = aCounter();
  const api = await anApi(undefined, seatHolder);
  for (let index = 0; index < 60; index += 1) assert.equal((await hold(api, 'b0', 1)).statusCode, 503);
  const refused = await hold(api, 'b0', 1);
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'too_many_requests']);
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.equal(counted.calls, 60);
  assert.equal((await hold(api, 'b1', 1)).statusCode, 503);
  await api.close();
});

test('an address is slowed only after ten such accounts; visitors use nothing of it up', async () => {
  const { counted, seatHolder } = aCounter();
  const api = await anApi(undefined, seatHolder);
  for (let index = 0; index < 50; index += 1) assert.equal((await hold(api, 'visitor', 1)).statusCode, 401);
  for (let index = 0; index < 600; index += 1) {
    assert.equal((await hold(api, `b${Math.floor(index / 60)}`, 1)).statusCode, 503, `${index}`);
  }
  assert.equal((await hold(api, 'b15', 1)).statusCode, 429);
  assert.equal(counted.calls, 600);
  await api.close();
});

test('without limits the same requests all reach the seats', async () => {
  const { counted, seatHolder } = aCounter();
  const api = await anApi(NO_HOLD_LIMITS, seatHolder);
  for (let index = 0; index < 61; index += 1) await hold(api, 'b0', 1);
  assert.equal(counted.calls, 61);
  await api.close();
});

test('a fourth unpaid order is refused until one is paid or given back; a replay of the third is answered', async () => {
  const api = await anApi();
  const screenings = [];
  for (let index = 0; index < 7; index += 1) screenings.push((await aScreening(db)).screeningId);
  const keys = [newId(), newId(), newId()];
  const orders: HeldOrder[] = [];
  for (const [index, key] of keys.entries()) {
    const held = await hold(api, 'b2', screenings[index]!, key);
    assert.equal(held.statusCode, 201);
    orders.push(held.json());
  }
  const refused = await hold(api, 'b2', screenings[3]!);
  assert.deepEqual([refused.statusCode, refused.json().code], [429, 'too_many_unpaid_orders']);
  assert.ok(Number(refused.headers['retry-after']) > 60);
  const free = await db.rows(`select 1 from holds.tickets where screening_id = $1 and state = 'held'`, [screenings[3]]);
  assert.equal(free.length, 0);
  const replay = await hold(api, 'b2', screenings[2]!, keys[2]);
  assert.deepEqual([replay.statusCode, replay.headers['idempotent-replayed']], [201, 'true']);
  assert.equal((await hold(api, 'b3', screenings[3]!)).statusCode, 201, 'somebody else');

  const [first, second] = orders;
  const paid = { ...first!, paidCents: first!.totalCents, correlationId: newId() };
  assert.equal(await db.transaction((tx) => confirmPaid(tx, paid)), 'paid');
  assert.equal((await hold(api, 'b2', screenings[4]!)).statusCode, 201);
  assert.equal((await hold(api, 'b2', screenings[5]!)).statusCode, 429);
  await db.transaction((tx) => releaseOrder(tx, { ...second!, correlationId: newId() }));
  assert.equal((await hold(api, 'b2', screenings[5]!)).statusCode, 201);
  assert.equal((await hold(api, 'b2', screenings[6]!)).statusCode, 429);
  await api.close();
});

/** Two processes; the reply of the first is lost, the second has the account at its brake when the key comes to it. */
async function retriedElsewhere(who: string, makeDesk = createHoldDesk) {
  const here = await anApi();
  const elsewhere = await anApi(undefined, holder, makeDesk);
  const { screeningId } = await aScreening(db);
  const { screeningId: soldOut } = await aScreening(db);
  const [key, refusedKey] = [newId(), newId()];
  const lost = await hold(here, who, screeningId, key);
  assert.equal((await hold(here, 'b19', soldOut)).statusCode, 201);
  const lostRefusal = await hold(here, who, soldOut, refusedKey);
  assert.deepEqual([lost.statusCode, lostRefusal.statusCode], [201, 409]);
  for (let index = 0; index < 3; index += 1) {
    assert.equal((await hold(elsewhere, who, (await aScreening(db)).screeningId)).statusCode, 201);
  }
  const again = await hold(elsewhere, who, screeningId, key);
  const refusedAgain = await hold(elsewhere, who, soldOut, refusedKey);
  const otherBody = await hold(elsewhere, who, screeningId, key, 2);
  const fresh = await hold(elsewhere, who, screeningId, newId(), 2);
  await Promise.all([here.close(), elsewhere.close()]);
  const orders = await db.rows('select order_id from orders.orders where screening_id = $1', [screeningId]);
  return { lost, lostRefusal, again, refusedAgain, otherBody, fresh, orders };
}

test('a key that another process has answered gets its answer also from a process that is at the brake', async () => {
  const { lost, lostRefusal, again, refusedAgain, otherBody, fresh, orders } = await retriedElsewhere('b10');
  assert.deepEqual([again.statusCode, again.body, again.headers['idempotent-replayed']], [201, lost.body, 'true']);
  assert.deepEqual([refusedAgain.statusCode, refusedAgain.body], [409, lostRefusal.body]);
  assert.deepEqual([otherBody.statusCode, otherBody.json().code], [422, 'idempotency_key_reused']);
  assert.deepEqual([fresh.statusCode, fresh.json().code], [429, 'too_many_unpaid_orders']);
  assert.equal(orders.length, 1);
});

test('control: without asking whether the key was answered, the buyer never hears of the seats', async () => {
  const { createHoldDesk: unguarded } = await withEdits<typeof import('../hold-desk.ts')>('apps/api', 'hold-desk.ts', {
    'hold-desk.ts': [['(await wasAnswered(deps.db, call)) ? NOWHERE : null', 'false ? NOWHERE : null']],
  });
  const { again, refusedAgain } = await retriedElsewhere('b11', unguarded);
  assert.deepEqual([again.statusCode, refusedAgain.statusCode], [429, 429]);
});

test('without the brake an account holds as many orders as it likes', async () => {
  const api = await anApi({ ...HOLD_LIMITS, unpaidOrders: Infinity });
  for (let index = 0; index < 5; index += 1) {
    assert.equal((await hold(api, 'b4', (await aScreening(db)).screeningId)).statusCode, 201);
  }
  await api.close();
});

test('wishes that are under way count, so that a burst holds no more; refused ones give their place back', async () => {
  const api = await anApi();
  const screenings = [];
  for (let index = 0; index < 8; index += 1) screenings.push((await aScreening(db)).screeningId);
  const burst = await Promise.all(screenings.map((screeningId) => hold(api, 'b5', screeningId)));
  assert.equal(burst.filter((answer) => answer.statusCode === 201).length, 3);
  const [{ screeningId }, other] = [await aScreening(db), (await aScreening(db)).screeningId];
  await hold(api, 'b6', screeningId);
  for (let index = 0; index < 5; index += 1) assert.equal((await hold(api, 'b7', screeningId)).statusCode, 409);
  assert.equal((await hold(api, 'b7', other)).statusCode, 201);
  await api.close();
});

test('a place ends with its hold, from memory alone; over the bound the oldest account is forgotten', async () => {
  let nowMs = 0;
  let asked = 0;
  const isUnpaid = async () => (asked += 1) > 0;
  const hoarding = createHoarding({ max: 1, nowMs: () => nowMs, isUnpaid, accountsMax: 2 });
  const wish = (accountId: string) => ({ accountId, screeningId: 1, key: newId() });
  hoarding.take(wish('a'))!.held('order', 1_000);
  assert.equal(hoarding.take(wish('a')), null);
  assert.equal(hoarding.retryAfter('a'), 1);
  assert.equal(asked, 0);
  assert.equal(await hoarding.lookAgain(wish('a')), null);
  assert.equal(asked, 1);
  nowMs = 1_000;
  hoarding.take(wish('a'))!.held('order', 9_000);
  hoarding.take(wish('b'));
  hoarding.take(wish('c'));
  assert.ok(hoarding.take(wish('a')));
});

test('of three places the one in the middle is given back, and the others stay', () => {
  const hoarding = createHoarding({ max: 3, nowMs: () => 0, isUnpaid: async () => true });
  const wish = (key: string) => ({ accountId: 'a', screeningId: 1, key });
  const [first, middle, last] = ['one', 'two', 'three'].map((key) => hoarding.take(wish(key))!);
  first!.held('first', 5_000);
  middle!.giveBack();
  last!.held('last', 3_000);
  assert.ok(hoarding.take(wish('four')), 'its place is free');
  assert.equal(hoarding.take(wish('five')), null, 'and there is no other');
  assert.equal(hoarding.retryAfter('a'), 3);
});

test('windows begin with their caller: who is refused late is not told to come back with all the others', () => {
  let nowMs = 500;
  const count = createRateLimit({ max: 1, windowMs: 60_000, nowMs: () => nowMs });
  assert.deepEqual([count('a'), count('a')], [null, 60]);
  nowMs += 30_000;
  assert.deepEqual([count('b'), count('b'), count('a')], [null, 60, 30]);
  nowMs += 30_000;
  assert.deepEqual([count('a'), count('b')], [null, 30]);
  for (let times = 0; times < 10_000; times += 1) count('b');
  assert.equal(count('b'), 30, 'who never stops is refused until the end, and no longer');
  nowMs += 30_000;
  assert.equal(count('b'), null);
});
