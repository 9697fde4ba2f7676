import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { audit } from '#testing/auditor';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { applyEdited } from '#testing/racing';
import { confirmPaid } from './index.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());

/**
 * Late money brings two half-price tickets back, after their end was counted in for somebody else. The quota of two is
 * then exceeded, since late money keeps its price; a new hold must not exceed it further.
 */
async function lateStudents() {
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10, quota: 2 });
  const late = await aHeldOrder(holder, screeningId, [1, 2], { kind: 'half_student' });
  await letTimePass(db, late.orderId, 1);
  await aHeldOrder(holder, screeningId, [3], { kind: 'half_student' });
  const paid = await db.transaction((tx) => confirmPaid(tx, { ...late, paidCents: late.totalCents }));
  assert.equal(paid, 'paid');
  const next = await holdNow(holder, aWish(screeningId, [4], { kind: 'half_student' }));
  const found = await audit(db, { screeningIds: [screeningId], receipts: [] });
  return { outcome: next.outcome, miscounted: found.some(({ kind }) => kind === 'count_wrong') };
}

test('half price that late money brings back is promised again, so that no new hold goes further over the quota', async () => {
  assert.deepEqual(await lateStudents(), { outcome: 'half_price_exhausted', miscounted: false });
});

test('control: without promising it again, a new hold exceeds the quota, and the auditor sees the count', async () => {
  await applyEdited(db, 'capabilities/orders/confirm-orders.fn.sql', [
    ['update holds.quotas q set promised = q.promised + late.half', 'update holds.quotas q set promised = q.promised'],
  ]);
  assert.deepEqual(await lateStudents(), { outcome: 'held', miscounted: true });
});
