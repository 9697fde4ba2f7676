import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { refundOrder } from '#capabilities/orders';
import { newId, newShardedId } from '#platform/ids';
import { audit, type Evidence, type FindingKind } from './auditor.ts';
import { unsettled } from './audit-books.ts';
import { plantOrder, type SecondOrder, soundWorld, type World } from './audited-world.ts';
import { aBuyer } from './builders.ts';
import { testDatabase } from './database.ts';
import { aSeatHolder } from './holding.ts';
import { aTill } from './paying.ts';

// A sound world, made by the product itself, in which the auditor finds nothing; then one damage after the other,
// written into the rows or the evidence behind the product's back, each of which it has to name.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);
const correlationId = newId();

let world: World;

beforeEach(async () => {
  world = await soundWorld(db, holder, till);
});

const evidence = (): Evidence => ({
  screeningIds: [world.screeningId],
  receipts: world.receipts,
  ledger: world.ledger,
  everybodyWasAnswered: true,
});

const look = async () => (await audit(db, evidence())).map(({ kind, text }) => `${kind}: ${text}`);

test('a world made by the product alone: nothing is wrong, and nothing is on its way', async () => {
  assert.deepEqual(await look(), []);
  assert.equal(await unsettled(db), 0);
});

const rows = (text: string, values: unknown[]) => db.rows(text, values);
const setState = (orderId: string, state: string) =>
  rows('update orders.orders set state = $2::orders.order_state where order_id = $1', [orderId, state]);
const secondOrder = (...order: SecondOrder) => plantOrder(db, world.screeningId, ...order);
const setOrder = (orderId: string, change: string) =>
  rows(`update orders.orders set ${change} where order_id = $1`, [orderId]);

/** Damage → the finding that has to name it. Others may come along: one damage breaks several promises. */
const damages: [what: string, kind: FindingKind, text: RegExp, plant: () => Promise<unknown> | void][] = [
  [
    'an acknowledged order is gone',
    'lost',
    /Ana was told of order .*, and there is none/,
    () => rows('delete from orders.orders where order_id = $1', [world.held]),
  ],
  [
    'a sale is undone that nobody asked to undo',
    'lost',
    /Bia was told 'paid' of order .*, which is cancelled/,
    () => setState(world.paid, 'cancelled'),
  ],
  [
    'a hold is cancelled that nobody asked to cancel',
    'lost',
    /Ana was told 'held' of order .*, which is cancelled/,
    () => setState(world.held, 'cancelled'),
  ],
  [
    'a hold expires before its time',
    'lost',
    /order .* of Ana expired before its time/,
    () => rows(`update orders.orders set state = 'expired', ended_at = now() where order_id = $1`, [world.held]),
  ],
  [
    'an order has other seats than were promised',
    'lost',
    /has seats 1,9, not as promised/,
    () => setOrder(world.held, 'seat_nos[2] = 9'),
  ],
  [
    'a held seat is set free',
    'lost',
    /seat 1 of screening \d+ was promised to an order that does not own it/,
    () =>
      rows(
        `update holds.tickets set state = 'available', order_id = null, held_until = null
          where order_id = $1 and seat_no = 1`,
        [world.held],
      ),
  ],
  [
    'a sold seat is only held',
    'lost',
    /seat 3 of screening \d+ is not sold for its live order/,
    () =>
      rows(
        `update holds.tickets set state = 'held', held_until = now() + interval '1 minute'
          where order_id = $1 and seat_no = 3`,
        [world.paid],
      ),
  ],
  [
    'a paid seat has no issued ticket',
    'lost',
    /seat 4 of screening \d+ is paid in order .*, and no ticket was issued/,
    () =>
      rows(
        `update tickets.issued set state = 'revoked', revoked_at = now(), revoked_reason = 'x'
          where order_id = $1 and seat_no = 4`,
        [world.paid],
      ),
  ],
  [
    'a live order that nobody was told of',
    'lost',
    /is held and nobody was told/,
    () => {
      world.receipts = world.receipts.filter((receipt) => receipt.orderId !== world.held);
    },
  ],
  [
    'a seat goes to somebody else',
    'double_sold',
    /seat 1 of screening \d+ was promised to an order that does not own it/,
    () => rows(`update holds.tickets set order_id = $2 where order_id = $1 and seat_no = 1`, [world.held, world.paid]),
  ],
  [
    'a seat is promised to two buyers',
    'double_sold',
    /was promised 2 times/,
    () => {
      const [ana] = world.receipts;
      world.receipts.push({ ...ana!, buyer: 'Eva' });
    },
  ],
  [
    'a seat stands in two live orders',
    'double_sold',
    /seat 3 .* stands in two live orders/,
    () => secondOrder(3, 105, 1),
  ],
  [
    'a seat is sold for an order that is not paid',
    'double_sold',
    /seat 3 of screening \d+ is sold for an order that is refunded/,
    () => setState(world.paid, 'refunded'),
  ],
  [
    'a ticket is valid although its money went back',
    'double_sold',
    /a valid ticket was issued for seat 5 .*, which its order has not bought/,
    () =>
      rows(`update tickets.issued set state = 'valid', revoked_at = null, revoked_reason = null where order_id = $1`, [
        world.refunded,
      ]),
  ],
  [
    'a seat has two valid tickets',
    'double_sold',
    /seat 3 .* has two valid issued tickets/,
    async () => {
      await rows('drop index tickets.issued_valid_seat', []);
      await rows('alter table tickets.issued drop constraint issued_screening_id_seat_no_generation_key', []);
      await rows(`update tickets.issued set seat_no = 3 where order_id = $1`, [world.paid]);
    },
  ],
  [
    'one CPF has more than ten over two orders',
    'over_limit',
    /Ana holds 11 seats of screening \d+/,
    () => secondOrder(10, 101, 2, 9),
  ],
  [
    'more half price than the quota',
    'over_limit',
    /3 half-price tickets of 2/,
    () =>
      rows(`update holds.tickets set kind = 'half_student' where screening_id = $1 and seat_no between 2 and 4`, [
        world.screeningId,
      ]),
  ],
  [
    'an order that its buyer is not found by',
    'count_wrong',
    /order .* has an id that is not its buyer's/,
    () => rows(`update orders.orders set buyer_key = $2 where order_id = $1`, [world.held, aBuyer(106).buyerKey]),
  ],
  [
    'an order between two others of its buyer is gone',
    'count_wrong',
    /buyer .* has the orders 1, 3 of screening \d+/,
    () => secondOrder(10, 101, 3),
  ],
  [
    'an order counts fewer seats than it has',
    'count_wrong',
    /order .* counts 1 seats/,
    () => setOrder(world.held, 'seat_count = 1'),
  ],
  [
    'an order stops counting before its seats are free',
    'count_wrong',
    /seat 1 of screening \d+ is kept for another time than its order counts/,
    () => setOrder(world.held, `seats_until = seats_until - interval '1 second'`),
  ],
  [
    'a seat is of another kind than its order says',
    'count_wrong',
    /seat 1 of screening \d+ is 'half_senior', and 'full' in its order/,
    () => rows(`update holds.tickets set kind = 'half_senior' where order_id = $1 and seat_no = 1`, [world.held]),
  ],
  [
    'fewer half-price tickets are promised than there are',
    'count_wrong',
    /1 half-price tickets of screening \d+, and only 0 are promised/,
    () => rows(`update holds.tickets set kind = 'half_student' where order_id = $1 and seat_no = 1`, [world.held]),
  ],
  [
    'seats are kept shorter than was said',
    'lost',
    /the seats of order .* of Ana are kept shorter than was said/,
    () => setOrder(world.held, `seats_until = held_until - interval '1 second'`),
  ],
  [
    'a hold ends at another time than was said',
    'answer_changed',
    /order .* of Ana ends at another time than was said/,
    () => setOrder(world.held, `held_until = held_until + interval '1 second'`),
  ],
  [
    'a key answers with another order',
    'answer_changed',
    /Ana was told of order .*; their key says (?!undefined)/,
    () => {
      const [ana, bia] = world.receipts;
      Object.assign(ana!, { key: bia!.key, buyerId: bia!.buyerId });
    },
  ],
  [
    'an order was made and its key is gone',
    'answer_changed',
    /Ana was told of order .*; their key says undefined/,
    () => setOrder(world.held, 'key_hash = 0'),
  ],
  [
    'one key made two orders',
    'answer_changed',
    /one key made the orders .* and .*/,
    async () => {
      const [ana] = world.receipts;
      const orderId = await secondOrder(10, 101, 2, 1, ana!.key);
      await rows('update orders.orders set buyer_id = $2 where order_id = $1', [orderId, ana!.buyerId]);
    },
  ],
  [
    'a key was refused and made an order',
    'answer_changed',
    /the key of order .* was refused as well/,
    () =>
      rows(
        `insert into holds.refusals (screening_id, order_id, key_hash, body_hash, answer)
         select screening_id, order_id, key_hash, body_hash, '{}' from orders.orders where order_id = $1`,
        [world.held],
      ),
  ],
  [
    'an order costs other than was said',
    'money_mismatch',
    /order .* of Ana costs other than was said/,
    () =>
      rows('update orders.orders set fee_cents = 1, total_cents = tickets_cents + 1 where order_id = $1', [world.held]),
  ],
  [
    'the lines do not add up',
    'money_mismatch',
    /the lines of order .* do not add up/,
    () => setOrder(world.held, 'price_cents[1] = price_cents[1] + 7'),
  ],
  [
    'money is kept for an order that ended',
    'money_mismatch',
    /3520 centavos without seats: order .* \(refunded\)/,
    () => rows(`update payments.refunds set state = 'failed' where order_id = $1`, [world.refunded]),
  ],
  [
    'a paid order without a payment',
    'money_mismatch',
    /0 payments have bought order/,
    () => rows(`delete from payments.attempts where order_id = $1`, [world.paid]),
  ],
  [
    'a paid order that was bought for less',
    'money_mismatch',
    /was bought for another price/,
    () => rows(`update payments.attempts set captured_cents = 1 where order_id = $1`, [world.paid]),
  ],
  [
    'a second payment of a paid order is kept',
    'money_mismatch',
    /14080 centavos for order .* of 7040/,
    () =>
      rows(
        `insert into payments.attempts select (jsonb_populate_record(a, jsonb_build_object('attempt_id', $2::text,
           'idempotency_key', $2::text, 'provider_payment_id', $2::text, 'provider_capture_id', $2::text,
           'fulfilment', 'already_paid'))).* from payments.attempts a where order_id = $1`,
        [world.paid, newShardedId(world.screeningId)],
      ),
  ],
  [
    'the money of a paid order went back and its seats did not',
    'money_mismatch',
    /the money of order .* went back, its seats did not/,
    () => setState(world.refunded, 'paid'),
  ],
  [
    'tickets cost other than their order',
    'money_mismatch',
    /the tickets of order .* cost 7041, it cost 7040/,
    () => rows('update tickets.issued set fee_cents = fee_cents + 1 where order_id = $1 and seat_no = 3', [world.paid]),
  ],
  [
    'a payment whose end nobody knows',
    'money_mismatch',
    /nobody knows how payment .* ended \(unknown\)/,
    () =>
      rows(
        `update payments.attempts set state = 'unknown', captured_at = null, fulfilment = null, captured_cents = null,
           pay_until = now() where order_id = $1`,
        [world.paid],
      ),
  ],
  [
    'a refund that never arrives',
    'money_mismatch',
    /3520 are still on their way back from order/,
    () => rows(`update payments.refunds set state = 'created' where order_id = $1`, [world.refunded]),
  ],
  [
    'the provider took money that we do not know of',
    'money_mismatch',
    /the provider took 5000 and gave back 0, our books say 0 and 0/,
    () => {
      world.ledger[world.held] = { capturedCents: 5_000, refundedCents: 0 };
    },
  ],
  [
    'the provider does not know what we say it gave back',
    'money_mismatch',
    /the provider took 3520 and gave back 0, our books say 3520 and 3520/,
    () => {
      world.ledger[world.refunded]!.refundedCents = 0;
    },
  ],
];

for (const [what, kind, text, plant] of damages) {
  test(`found: ${what}`, async () => {
    assert.deepEqual(await look(), []);
    await plant();
    const found = await audit(db, evidence());
    assert.ok(
      found.some((finding) => finding.kind === kind && text.test(finding.text)),
      JSON.stringify(found, null, 1),
    );
  });
}

test('payments on their way are counted, so that whoever audits can wait for them', async () => {
  const before = await unsettled(db);
  await rows(`update payments.refunds set state = 'pending' where order_id = $1`, [world.refunded]);
  assert.equal(await unsettled(db), before + 1);
});

test('a refund through the product leaves nothing to find when the buyer asked, and is found when nobody did', async () => {
  const { screeningId, paid: orderId } = world;
  const before = { amountCents: null, reason: 'ill', requestedBy: newId(), requestKey: newId() };
  assert.equal((await till.payments.refund({ orderId, ...before })).outcome, 'refunded');
  world.ledger[orderId]!.refundedCents = world.ledger[orderId]!.capturedCents;
  assert.deepEqual(
    (await audit(db, evidence())).map(({ kind }) => kind),
    ['lost'],
  );
  Object.assign(world.receipts.find((receipt) => receipt.orderId === orderId)!, { asked: ['refund'] });
  assert.deepEqual(await look(), []);
  const again = await db.transaction((tx) => refundOrder(tx, { screeningId, orderId, reason: 'x', correlationId }));
  assert.equal(again, 'refused');
});

test('two orders under one serial number are found, should the key of the table ever be gone', async () => {
  await rows('alter table orders.orders drop constraint orders_pkey', []);
  await rows('insert into orders.orders select * from orders.orders where order_id = $1', [world.held]);
  const found = await look();
  await rows('delete from orders.orders where order_id = $1', [world.held]);
  await rows('alter table orders.orders add primary key (screening_id, order_id)', []);
  assert.ok(
    found.some((text) => /^count_wrong: buyer .* has the orders 1, 1 of screening/.test(text)),
    JSON.stringify(found),
  );
});
