import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { after, test } from 'node:test';
import { confirmPaid, refundOrder } from '#capabilities/orders';
import { newShardedId } from '#platform/ids';
import { archiveNow, aSoldScreening, hotRows, letItEnd, seatCounts } from '#testing/archiving';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { applyEdited, type Edit } from '#testing/racing';

// Each guard of the archive is taken out of its text, and the damage must be seen; with the guard back, not. Then the
// archive is killed in the middle, and meets a refund.

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const ARCHIVE = 'capabilities/holds/archive-screening.fn.sql';

async function withAndWithout<T>(edits: readonly Edit[], story: () => Promise<T>) {
  const guarded = await story();
  await applyEdited(db, ARCHIVE, edits);
  try {
    return { guarded, unguarded: await story() };
  } finally {
    await applyEdited(db, ARCHIVE, []);
  }
}

const anAttempt = (order: { screeningId: number; orderId: string; buyerId: string }, state: string) => {
  const attemptId = newShardedId(order.screeningId);
  return db.rows(
    `insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, amount_cents, state,
       idempotency_key, pay_until, next_check_at, correlation_id, captured_at, fulfilment)
     values ($1, $2::uuid, $3, $4, 'stripe', 'card', 100, $5::text::payments.attempt_state, $2::uuid::text, now(), now(), $2::uuid,
       case when $5::text = 'captured' then now() end, case when $5::text = 'captured' then 'paid' end) returning attempt_id`,
    [order.screeningId, attemptId, order.orderId, order.buyerId, state],
  );
};

test('control: without the guard of age a screening loses its seats while it sells', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db);
    const outcome = await archiveNow(db, screeningId);
    return [outcome, (await holdNow(holder, aWish(screeningId, [1]))).outcome];
  };
  const removed: Edit = [/if v_ends_at >= .* -- guard: old/g, ''];
  assert.deepEqual(await withAndWithout([removed], story), {
    guarded: ['not_over', 'held'],
    unguarded: ['archived', 'seat_unknown'],
  });
});

test('control: without the guard of unsettled payments money that comes finds its seats gone', async () => {
  const story = async () => {
    const { screeningId } = await aScreening(db);
    const order = await aHeldOrder(holder, screeningId, [1, 2]);
    await anAttempt(order, 'unknown');
    await letTimePass(db, order.orderId, 3600);
    await letItEnd(db, screeningId, 46);
    await archiveNow(db, screeningId);
    return db.transaction((tx) => confirmPaid(tx, { ...order, paidCents: order.totalCents }));
  };
  const removed: Edit = [/a\.state in \(.*\)\) -- guard: unsettled payment/g, 'false)'];
  assert.deepEqual(await withAndWithout([removed], story), { guarded: 'paid', unguarded: 'seats_gone' });
});

test('control: without the guard of unsettled refunds a screening is archived while its money is on its way', async () => {
  const story = async () => {
    const { screeningId, orders } = await aSoldScreening(db, holder);
    const [attempt] = await anAttempt(orders[0]!, 'captured');
    const refundId = newShardedId(screeningId);
    await db.rows(
      `insert into payments.refunds (screening_id, refund_id, attempt_id, order_id, provider, amount_cents, state,
         reason, idempotency_key, correlation_id)
       values ($1, $2::uuid, $3, $4, 'stripe', 100, 'pending', 'goodwill', $2::uuid::text, $2::uuid)`,
      [screeningId, refundId, (attempt as { attempt_id: string }).attempt_id, orders[0]!.orderId],
    );
    await letItEnd(db, screeningId, 46);
    const whileOnItsWay = await archiveNow(db, screeningId);
    await db.rows(`update payments.refunds set state = 'succeeded' where screening_id = $1`, [screeningId]);
    return [whileOnItsWay, await archiveNow(db, screeningId)];
  };
  const removed: Edit = ["r.state in ('created', 'pending')) -- guard: unsettled refund", 'false)'];
  assert.deepEqual(await withAndWithout([removed], story), {
    guarded: ['unsettled', 'archived'],
    unguarded: ['archived', 'archived'],
  });
});

for (const [what, damage, guarded, unguarded] of [
  [
    'a seat sold to nobody turns free',
    `update holds.tickets set state = 'sold', kind = 'full', order_id = gen_random_uuid() where seat_no = 9
       and screening_id = $1`,
    { seat9: 'sold', cents: 3200 },
    { seat9: 'available', cents: 3200 },
  ],
  [
    'a seat sold at another price than its order says turns right',
    'update holds.tickets set charged_cents = 1 where seat_no = 7 and screening_id = $1',
    { seat9: 'available', cents: 1 },
    { seat9: 'available', cents: 3200 },
  ],
  [
    'a paid seat that was given away turns sold',
    `update holds.tickets set state = 'available', order_id = null, charged_cents = null
      where seat_no = 7 and screening_id = $1`,
    { seat9: 'available', cents: null },
    { seat9: 'available', cents: 3200 },
  ],
] as const) {
  test(`control: without the comparison ${what}, and nobody can see that it was wrong`, async () => {
    const story = async () => {
      const { screeningId } = await aSoldScreening(db, holder);
      await db.rows(damage, [screeningId]);
      await letItEnd(db, screeningId, 46);
      const outcome = await archiveNow(db, screeningId);
      const seen = await db.row(
        `select max(state::text) filter (where seat_no = 9) as "seat9",
                max(charged_cents) filter (where seat_no = 7) as cents
           from holds.all_tickets where screening_id = $1`,
        [screeningId],
      );
      return [outcome, seen];
    };
    const removed: Edit = [/if exists \(select from holds\.differing_tickets.* -- guard: differs/g, ''];
    assert.deepEqual(await withAndWithout([removed], story), {
      guarded: ['differs', guarded],
      unguarded: ['archived', unguarded],
    });
  });
}

const PAUSE: Edit = [
  '  delete from holds.quotas q where',
  '  perform pg_sleep(30);\n  delete from holds.quotas q where',
];
const untilItSleeps = async () => {
  for (;;) {
    const row = await db.row<{ pid: number }>(
      `select pid from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`,
    );
    if (row) return row.pid;
    await wait(10);
  }
};

test('killed in the middle, then begun again: the same end as without the kill', async () => {
  const undisturbed = await aSoldScreening(db, holder);
  const killed = await aSoldScreening(db, holder);
  for (const { screeningId } of [undisturbed, killed]) await letItEnd(db, screeningId, 46);
  const before = await seatCounts(db, killed.screeningId);
  await archiveNow(db, undisturbed.screeningId);
  await applyEdited(db, ARCHIVE, [PAUSE]);
  const dying = assert.rejects(archiveNow(db, killed.screeningId));
  await db.rows('select pg_terminate_backend($1)', [await untilItSleeps()]);
  await dying;
  await applyEdited(db, ARCHIVE, []);
  assert.equal(await hotRows(db, killed.screeningId), 51, 'nothing has moved');
  assert.deepEqual(await seatCounts(db, killed.screeningId), before);
  assert.equal(await archiveNow(db, killed.screeningId), 'archived');
  const rowOf = (screeningId: number) =>
    db.row('select seat_nos, price_cents, blocked_nos from holds.archived_screenings where screening_id = $1', [
      screeningId,
    ]);
  assert.deepEqual(await rowOf(killed.screeningId), await rowOf(undisturbed.screeningId));
  assert.deepEqual(await seatCounts(db, killed.screeningId), before);
  assert.equal(await hotRows(db, killed.screeningId), 0);
});

test('a refund that meets the archive frees its seats, whoever comes first', async () => {
  const first = await aSoldScreening(db, holder);
  await letItEnd(db, first.screeningId, 46);
  const refund = (order: (typeof first.orders)[number]) =>
    db.transaction((tx) => refundOrder(tx, { ...order, reason: 'goodwill' }));
  // The archive has moved the seats and has not committed.
  await applyEdited(db, ARCHIVE, [[PAUSE[0], PAUSE[1].replace('30', '0.3')]]);
  const archiving = archiveNow(db, first.screeningId);
  await untilItSleeps();
  const ended = refund(first.orders[0]!);
  assert.deepEqual([await archiving, await ended], ['archived', 'ended']);
  await applyEdited(db, ARCHIVE, []);
  assert.deepEqual(await seatCounts(db, first.screeningId), { available: 48, blocked: 1, sold: 1 });

  // The refund has freed the seats and has not committed.
  const second = await aSoldScreening(db, holder);
  await letItEnd(db, second.screeningId, 46);
  const outcome = await db.transaction(async (tx) => {
    await refundOrder(tx, { ...second.orders[0]!, reason: 'goodwill' });
    const waiting = archiveNow(db, second.screeningId);
    await wait(100);
    return { waiting };
  });
  assert.equal(await outcome.waiting, 'archived');
  assert.deepEqual(await seatCounts(db, second.screeningId), { available: 48, blocked: 1, sold: 1 });
});
