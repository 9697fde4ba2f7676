import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { chargedCents, countsInQuota, feeCents, TICKET_KINDS, type TicketKind } from '#contracts/ticket-kinds';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { editHoldSeats } from '#testing/racing';
import { aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { meetEarlier, orderIdOf } from './flush-holds.ts';
import { createSeatHolder, type HoldRequest } from './hold-seats.ts';
import { parseNotice } from './seat-notice.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

const wish = aWish;
const answered = (request: HoldRequest) => holdNow(holder, request);
const outcome = async (request: HoldRequest) => (await answered(request)).outcome;
const states = async (screeningId: number) =>
  (
    await db.rows<{ state: string }>('select state from holds.tickets where screening_id = $1 order by seat_no', [
      screeningId,
    ])
  ).map((row) => row.state);

test('a hold writes tickets, order and one fact, priced as the contract says', async () => {
  const { screeningId } = await aScreening(db, { priceCents: 3275, quota: 50 });
  const request = wish(screeningId, []);
  const seats = TICKET_KINDS.map((kind, index) => ({ seatNo: 8 - index, kind }));
  const hold = await answered({ ...request, seats });
  assert.equal(hold.outcome, 'held');
  for (const line of hold.lines) {
    assert.equal(line.kind, seats.find((seat) => seat.seatNo === line.seatNo)!.kind);
    assert.equal(line.chargedCents, chargedCents(line.kind, 3275));
    assert.equal(line.feeCents, feeCents(line.chargedCents, 1000));
  }
  const order = await db.row('select * from orders.orders where order_id = $1', [hold.orderId]);
  assert.equal(
    order!['total_cents'],
    hold.lines.reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0),
  );
  assert.equal((order!['held_until'] as Date).getTime(), new Date(hold.heldUntil).getTime());
  const tickets = await db.rows<{ kind: string; held_until: Date }>(
    'select kind, held_until from holds.tickets where order_id = $1 order by seat_no desc',
    [hold.orderId],
  );
  assert.deepEqual(
    tickets.map((ticket) => ticket.kind),
    TICKET_KINDS,
  );
  assert.equal(hold.orderId, orderIdOf(screeningId, request.buyerKey, 1));
  assert.deepEqual(order!['seat_nos'], [1, 2, 3, 4, 5, 6, 7, 8]);
  const facts = await db.rows<{ payload: unknown }>(`select payload from outbox.messages where topic = 'seats_held'`);
  assert.deepEqual(facts, [{ payload: { orderIds: [hold.orderId] } }]);
});

test('SQL and contract agree on price, fee and quota for every kind and awkward amounts', async () => {
  for (const kind of TICKET_KINDS) {
    for (const [price, points] of [
      [0, 1000],
      [1, 5000],
      [3199, 1000],
      [3275, 333],
      [999_999, 5000],
      [5, 0],
    ] as const) {
      const row = await db.row(
        `select holds.charged_cents($1, $2) as charged, holds.in_quota($1) as quota,
                holds.fee_cents(holds.charged_cents($1, $2), $3) as fee`,
        [kind, price, points],
      );
      const charged = chargedCents(kind, price);
      assert.deepEqual(row, { charged, quota: countsInQuota(kind), fee: feeCents(charged, points) });
    }
  }
});

test('all or nothing: one taken seat refuses the whole wish, names it, and leaves the others free', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 4 });
  assert.equal(await outcome(wish(screeningId, [2])), 'held');
  assert.deepEqual(pick(await answered(wish(screeningId, [1, 2, 3]))), { outcome: 'seat_taken', seatNos: [2] });
  assert.deepEqual(await states(screeningId), ['available', 'held', 'available', 'available']);
});

test('outcomes come in the precedence of the contract', async () => {
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10, quota: 1 });
  await outcome(wish(screeningId, [1]));
  const buyer = wish(screeningId, [11, 12, 13, 14, 15, 16, 17, 18, 19]);
  await outcome(buyer);
  const asBuyer = { buyerId: buyer.buyerId, buyerKey: buyer.buyerKey };
  assert.equal(await outcome(wish(999_999, [1])), 'screening_unknown');
  assert.equal(await outcome(wish(screeningId, [999, 1, 2], asBuyer)), 'seat_unknown');
  assert.deepEqual(pick(await answered(wish(screeningId, [1, 2], asBuyer))), { outcome: 'limit_reached', already: 9 });
  assert.equal(await outcome(wish(screeningId, [1, 2, 3], { kind: 'half_student' })), 'seat_taken');
  assert.deepEqual(pick(await answered(wish(screeningId, [2, 3], { kind: 'half_student' }))), {
    outcome: 'half_price_exhausted',
    left: 1,
  });
  await db.rows(`update screenings.screenings set status = 'paused' where screening_id = $1`, [screeningId]);
  assert.equal(await outcome(wish(screeningId, [999])), 'screening_closed');
});

test('sales open and close by the database clock', async () => {
  const { screeningId } = await aScreening(db);
  const set = (column: string, value: string) =>
    db.rows(`update screenings.screenings set ${column} = now() + $2::interval where screening_id = $1`, [
      screeningId,
      value,
    ]);
  await set('sales_open_at', '1 hour');
  assert.equal(await outcome(wish(screeningId, [1])), 'screening_closed');
  await set('sales_open_at', '-1 hour');
  assert.equal(await outcome(wish(screeningId, [1])), 'held');
  await set('sales_close_at', '-1 second');
  assert.equal(await outcome(wish(screeningId, [2])), 'screening_closed');
});

test('an expired hold is taken over in place, and no longer counts for its buyer or the quota', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 10, quota: 10 });
  const first = wish(screeningId, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], { kind: 'half_student' });
  assert.equal(await outcome(first), 'held');
  const asFirst = { buyerId: first.buyerId, buyerKey: first.buyerKey, kind: 'half_student' as const };
  assert.equal(await outcome(wish(screeningId, [1], asFirst)), 'limit_reached');
  await letTimePass(db, orderIdOf(screeningId, first.buyerKey, 1), 0.001);
  const second = await answered(wish(screeningId, [1, 2], asFirst));
  assert.ok(second.outcome === 'held');
  assert.equal(second.orderId, orderIdOf(screeningId, first.buyerKey, 2), 'the next order of the same buyer');
});

test('the same key gives the stored answer, another body is a mismatch, another caller is a stranger', async () => {
  const { screeningId } = await aScreening(db);
  const request = wish(screeningId, [1]);
  const first = await holder.hold(request);
  const replay = await holder.hold({ ...request, correlationId: randomUUID() });
  assert.deepEqual(replay, { ...first, kind: 'replay' });
  const other = { ...request, fingerprint: Buffer.alloc(32, 9) };
  assert.deepEqual(await holder.hold(other), { kind: 'mismatch' });
  assert.equal(await outcome(wish(screeningId, [1], { key: request.key })), 'seat_taken');
  const refused = wish(screeningId, [1]);
  const refusal = await answered(refused);
  await db.rows(`update holds.tickets set held_until = now() where screening_id = $1 and state = 'held'`, [
    screeningId,
  ]);
  assert.deepEqual(await answered({ ...refused, correlationId: randomUUID() }), refusal, 'refusals are kept as well');
});

test('the same key twice at the same moment: one runs, the other is told so', async () => {
  const { screeningId } = await aScreening(db);
  const request = wish(screeningId, [1]);
  const [first, second] = await Promise.all([holder.hold(request), holder.hold(request)]);
  assert.equal(first.kind, 'first');
  assert.deepEqual(second, { kind: 'running' });
});

test('wishes of one flush for one seat, or of one buyer, never meet in one claim: one wins, all are told', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 10 });
  const rivals = [
    wish(screeningId, [1, 2]),
    wish(screeningId, [2, 3]),
    wish(screeningId, [3, 4]),
    wish(screeningId, [2]),
  ];
  assert.deepEqual(meetEarlier(rivals), [false, true, true, true]);
  assert.deepEqual(await Promise.all(rivals.map(outcome)), ['held', 'seat_taken', 'held', 'seat_taken']);
  const buyer = wish(screeningId, [5, 6]);
  const again = wish(screeningId, [7], { buyerId: buyer.buyerId, buyerKey: buyer.buyerKey });
  const more = wish(screeningId, [8, 1], { buyerId: buyer.buyerId, buyerKey: buyer.buyerKey });
  assert.deepEqual(await Promise.all([buyer, again, more].map(outcome)), ['held', 'held', 'seat_taken']);
});

test('a rival that was refused does not cost the next one the seat', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 4 });
  await outcome(wish(screeningId, [1]));
  const outcomes = [wish(screeningId, [1, 2]), wish(screeningId, [2, 3]), wish(screeningId, [3])].map(outcome);
  assert.deepEqual(await Promise.all(outcomes), ['seat_taken', 'held', 'seat_taken']);
});

test('one bad request is rejected alone; its neighbours of the same flush are answered', async () => {
  const { screeningId } = await aScreening(db);
  const bad = wish(screeningId, [1], { kind: 'no_such_kind' as TicketKind });
  const results = await Promise.allSettled([
    outcome(wish(screeningId, [2])),
    holder.hold(bad),
    outcome(wish(screeningId, [3])),
  ]);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : 'rejected')),
    ['held', 'rejected', 'held'],
  );
});

test('a connection killed under the holder is replaced, and the wish is answered', async () => {
  const { screeningId } = await aScreening(db);
  await outcome(wish(screeningId, [1]));
  await db.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where application_name like 'poltrona lane%' and datname = current_database()`,
  );
  assert.equal(await outcome(wish(screeningId, [2])), 'held');
});

test('a deadlock with somebody who locks seats in another order is run again, not shown to the buyer', async () => {
  const { screeningId } = await aScreening(db);
  const lock = 'select 1 from holds.tickets where screening_id = $1 and seat_no = $2 for update';
  const other = await db.connect();
  try {
    await other.query('begin');
    await other.query(lock, [screeningId, 2]);
    const held = outcome(wish(screeningId, [1, 2]));
    const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
    while ((await db.rows(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    // Now each waits for the other. The holder has waited longer, so it is the one that PostgreSQL ends.
    await other.query(lock, [screeningId, 1]);
    await other.query('commit');
    assert.equal(await held, 'held');
  } finally {
    other.release(true);
  }
});

test('a hold tells every process the new state of its seats, at commit', async () => {
  const { screeningId } = await aScreening(db);
  const listener = await db.connect();
  try {
    const heard = new Promise<string>((resolve) => listener.on('notification', (notice) => resolve(notice.payload!)));
    await listener.query('listen seat_changes');
    const hold = await answered(wish(screeningId, [4], { kind: 'half_student' }));
    assert.ok(hold.outcome === 'held');
    const heldUntilMs = Date.parse(hold.heldUntil);
    assert.deepEqual(parseNotice(await heard), [{ screeningId, no: 4, state: 1, inQuota: true, heldUntilMs }]);
  } finally {
    await listener.query('unlisten *');
    listener.release(true);
  }
});

function pick(hold: object) {
  const { instance: _instance, ...rest } = hold as { instance: string };
  return rest;
}

test('a rush on screenings that nobody asked for yet opens one connection more, not one a screening', async () => {
  const places = await Promise.all(Array.from({ length: 12 }, () => aScreening(db, { rows: 1, perRow: 4 })));
  const fresh = createSeatHolder({
    connectionString: db.connectionString,
    holdSeconds: 480,
    applicationName: 'rush',
  });
  const answers = await Promise.all(places.map(({ screeningId }) => fresh.hold(wish(screeningId, [1]))));
  assert.ok(answers.every((answer) => 'hold' in answer && answer.hold.outcome === 'held'));
  const open = await db.rows(`select 1 from pg_stat_activity where application_name like 'rush %'`);
  await fresh.close();
  assert.equal(open.length, 2);
});

test('a flush that holds very many seats is told whole, however many messages that takes', async () => {
  const { screeningId } = await aScreening(db, { rows: 50, perRow: 50 });
  const listener = await db.connect();
  try {
    const heard: number[] = [];
    listener.on('notification', (notice) => heard.push(...parseNotice(notice.payload!).map((row) => row.no)));
    await listener.query('listen seat_changes');
    const seats = Array.from({ length: 2_400 }, (_, index) => index + 1);
    const orders = Array.from({ length: 240 }, (_, index) => [
      screeningId,
      ...seats.slice(index * 10, index * 10 + 10),
    ]);
    await db.rows(`select holds.publish_holds(now(), $1)`, [orders.map((order) => order.join(','))]);
    await listener.query('select 1');
    assert.deepEqual(heard, seats);
  } finally {
    await listener.query('unlisten *');
    listener.release(true);
  }
});

test('one key at two processes at once: both say the same, also when it is a refusal; without the guard they differ', async () => {
  const other = aSeatHolder(db);
  after(() => other.close());
  const differing = async () => {
    const { screeningId } = await aScreening(db);
    await answered(wish(screeningId, [1]));
    let differ = 0;
    for (let tries = 0; tries < 15; tries += 1) {
      const request = wish(screeningId, [1]);
      const [one, two] = await Promise.all([
        holdNow(holder, request),
        holdNow(other, { ...request, correlationId: randomUUID() }),
      ]);
      if (one.instance !== two.instance) differ += 1;
    }
    return differ;
  };
  const pause = [
    '    insert into holds.refusals',
    '    perform pg_sleep(0.02);\n    insert into holds.refusals',
  ] as const;
  await editHoldSeats(db, { careful: [pause] });
  assert.equal(await differing(), 0);
  const removed = ["if not found then outcome := 'again'; end if; -- guard: one answer", ''] as const;
  await editHoldSeats(db, { careful: [pause, removed] });
  assert.ok((await differing()) > 0);
  await editHoldSeats(db);
});
