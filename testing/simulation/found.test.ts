import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createSeatHolder } from '#capabilities/holds';
import { confirmPaid } from '#capabilities/orders';
import type { TicketKind } from '#contracts/ticket-kinds';
import { newId } from '#platform/ids';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';

// What stories have found in the SQL, told again on PostgreSQL in the smallest form, so that it stays mended.

const db = await testDatabase();
const [one, other] = [1, 2].map(() =>
  createSeatHolder({ connectionString: db.connectionString, holdSeconds: 480, lanes: 1 }),
) as [ReturnType<typeof createSeatHolder>, ReturnType<typeof createSeatHolder>];
after(() => Promise.all([one.close(), other.close()]));

const wishOf = (screeningId: number, person: string, seatNos: readonly number[], kind: TicketKind = 'full') => ({
  screeningId,
  seats: seatNos.map((seatNo) => ({ seatNo, kind })),
  buyerId: newId(),
  buyerKey: createHash('md5').update(person).digest(),
  key: newId(),
  fingerprint: createHash('sha256').update(newId()).digest(),
  correlationId: newId(),
});

async function untilWaiting(connections: number): Promise<void> {
  for (;;) {
    const row = await db.row<{ count: number }>(
      `select count(*)::integer as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (row!.count >= connections) return;
    await wait(5);
  }
}

test('two devices of one person at once: what the later one gives back is not what the first one has', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 10 });
  await Promise.all([one, other].map((holder) => holder.hold(wishOf(screeningId, newId(), [10]))));
  const both = await db.transaction(async (tx) => {
    await tx.rows('select from holds.tickets where screening_id = $1 and seat_no = 5 for update', [screeningId]);
    const first = one.hold(wishOf(screeningId, 'Ana', [5]));
    await untilWaiting(1);
    const later = other.hold(wishOf(screeningId, 'Ana', [5, 6]));
    await untilWaiting(2);
    return [first, later];
  });
  const answers = (await Promise.all(both)).map((answer) => ('hold' in answer ? answer.hold.outcome : answer.kind));
  assert.deepEqual(answers, ['held', 'seat_taken']);
});

test('late money promises the half price that it takes again', async () => {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 10, quota: 5 });
  const hold = async (seatNos: number[]) => {
    const answer = await one.hold(wishOf(screeningId, newId(), seatNos, 'half_student'));
    return 'hold' in answer ? answer.hold : assert.fail(answer.kind);
  };
  const late = await hold([1, 2]);
  assert.ok(late.outcome === 'held');
  for (const sql of [
    `update holds.tickets set held_until = now() - interval '1 minute' where screening_id = $1 and state = 'held'`,
    `update orders.orders set held_until = now() - interval '1 minute', seats_until = now() - interval '1 minute'
      where screening_id = $1`,
  ]) {
    await db.rows(sql, [screeningId]);
  }
  assert.equal((await hold([3, 4, 5, 6])).outcome, 'held');
  const paidCents = late.lines.reduce((sum, line) => sum + line.chargedCents + line.feeCents, 0);
  const payment = { screeningId, orderId: late.orderId, paidCents, correlationId: newId() };
  assert.equal(await db.transaction((tx) => confirmPaid(tx, payment)), 'paid');
  assert.equal((await hold([7])).outcome, 'half_price_exhausted', '6 are sold or held, of a quota of 5');
});
