import assert from 'node:assert/strict';
import { after, beforeEach, test } from 'node:test';
import { refundOrder, releaseOrder } from '#capabilities/orders';
import { newId, newShardedId } from '#platform/ids';
import { audit, type Evidence, type FindingKind, type Ledger, type Receipt } from './auditor.ts';
import { unsettled } from './audit-books.ts';
import { aBuyer, aScreening } from './builders.ts';
import { testDatabase } from './database.ts';
import { aHeldOrder, aSeatHolder } from './holding.ts';
import { aTill, payByCard } from './paying.ts';

// A sound world, made by the product itself, in which the auditor finds nothing; then one damage after the other,
// written into the rows or the evidence behind the product's back, each of which it has to name.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const till = await aTill(db);
const correlationId = newId();

type World = {
  screeningId: number;
  receipts: Receipt[];
  ledger: Ledger;
  held: string;
  paid: string;
  refunded: string;
};
let world: World;

/** Ana holds 1 and 2; Bia paid for 3 and 4; Caio paid for 5 and got his money back; Davi gave 6 back. */
async function soundWorld(): Promise<World> {
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10, quota: 2 });
  const receipts: Receipt[] = [];
  const hold = async (buyer: string, seatNos: number[], seed: number) => {
    const { accountId: buyerId, buyerKey } = aBuyer(seed);
    const order = await aHeldOrder(holder, screeningId, seatNos, { buyerId, buyerKey });
    const { orderId, key, totalCents } = order;
    const receipt: Receipt = { screeningId, buyer, orderId, seatNos, told: 'held', totalCents, buyerId, key };
    receipts.push(receipt);
    return receipt;
  };
  const pay = async (receipt: Receipt) => {
    const started = await till.payments.start({
      orderId: receipt.orderId,
      buyerId: receipt.buyerId!,
      method: 'card',
    });
    assert.ok(started.outcome === 'started');
    await payByCard(till, started.attempt.clientSecret!);
    await till.payments.refresh({ attemptId: started.attempt.attemptId, buyerId: receipt.buyerId! });
    receipt.told = 'paid';
  };
  const ana = await hold('Ana', [1, 2], 101);
  const bia = await hold('Bia', [3, 4], 102);
  await pay(bia);
  const caio = await hold('Caio', [5], 103);
  await pay(caio);
  const back = { orderId: caio.orderId, amountCents: null, reason: 'ill', requestedBy: newId(), requestKey: newId() };
  assert.equal((await till.payments.refund(back)).outcome, 'refunded');
  Object.assign(caio, { told: 'refunded', asked: ['refund'] });
  const davi = await hold('Davi', [6], 104);
  await db.transaction((tx) => releaseOrder(tx, { screeningId, orderId: davi.orderId, correlationId }));
  Object.assign(davi, { told: 'cancelled', asked: ['cancel'] });
  const answer = await fetch(`${till.sandbox.url}/sandbox/ledger`);
  const { orders } = (await answer.json()) as { orders: Ledger };
  const mine = new Set(receipts.map((receipt) => receipt.orderId));
  const ledger = Object.fromEntries(Object.entries(orders).filter(([orderId]) => mine.has(orderId)));
  return { screeningId, receipts, ledger, held: ana.orderId, paid: bia.orderId, refunded: caio.orderId };
}

beforeEach(async () => {
  world = await soundWorld();
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
const secondOrder = async (seatNo: number, buyerSeed: number, copies = 1) => {
  const orderId = newShardedId(world.screeningId);
  const { buyerKey } = aBuyer(buyerSeed);
  await rows(
    `insert into orders.orders (screening_id, order_id, buyer_id, buyer_key, state, lines, seat_count, tickets_cents,
       fee_cents, total_cents, held_until, correlation_id)
     select $1, $2, $3, $4, 'held', jsonb_agg(jsonb_build_object('seatNo', $5::int + n, 'kind', 'full', 'chargedCents', 0,
       'feeCents', 0)), count(*), 0, 0, 0, now() + interval '5 minutes', $3 from generate_series(0, $6::int - 1) as n`,
    [world.screeningId, orderId, newId(), buyerKey, seatNo, copies],
  );
  return orderId;
};

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
    () =>
      rows(`update orders.orders set lines = jsonb_set(lines, '{1,seatNo}', '9') where order_id = $1`, [world.held]),
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
  ['a seat stands in two live orders', 'double_sold', /seat 3 .* stands in two live orders/, () => secondOrder(3, 105)],
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
    () => secondOrder(10, 101, 9),
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
    'a live order is not counted for its CPF',
    'tally_wrong',
    /live order .* is not counted as it is/,
    () => rows('delete from holds.tallies where $1 = any(order_ids)', [world.held]),
  ],
  [
    'an order that is over still counts',
    'tally_wrong',
    /1 seats are counted for order .*, which is over/,
    () =>
      rows(
        `update holds.tallies set order_ids = array[$1::uuid], seat_counts = '{1}', counts_until = '{infinity}'
          where screening_id = $2 and buyer_key = $3`,
        [world.refunded, world.screeningId, aBuyer(103).buyerKey],
      ),
  ],
  [
    'a key answers with another order',
    'answer_changed',
    /Ana was told of order .*; their key says/,
    () =>
      rows(`update idempotency.answers set body = replace(body, $1, $2) where shard = $3`, [
        world.held,
        world.paid,
        world.screeningId,
      ]),
  ],
  [
    'an order was made and its answer is gone',
    'answer_changed',
    /order .* was made by no key/,
    () =>
      rows(`delete from idempotency.answers where shard = $1 and body like '%' || $2 || '%'`, [
        world.screeningId,
        world.held,
      ]),
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
    () =>
      rows(`update orders.orders set lines = jsonb_set(lines, '{0,feeCents}', '7') where order_id = $1`, [world.held]),
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
