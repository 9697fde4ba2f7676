import * as orders from '#capabilities/orders';
import type { SeatHolder } from '#capabilities/holds';
import { newShardedId } from '#platform/ids';
import type { Database } from '#platform/postgres';
import { aScreening } from './builders.ts';
import { aHeldOrder } from './holding.ts';

export type AwaitingPayment = { order: Awaited<ReturnType<typeof aHeldOrder>>; attemptId: string };

/** Orders of one seat of a new screening, each with an attempt that waits for its money (Stripe's `pi_<attemptId>`). */
export async function ordersAwaitingPayment(
  db: Database,
  holder: SeatHolder,
  count: number,
): Promise<AwaitingPayment[]> {
  const { screeningId } = await aScreening(db, { rows: 10, perRow: 10 });
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const order = await aHeldOrder(holder, screeningId, [index + 1]);
      await db.transaction((tx) => orders.awaitPayment(tx, order));
      const attemptId = newShardedId(screeningId);
      await db.rows(
        `insert into payments.attempts (screening_id, attempt_id, order_id, buyer_id, provider, method, amount_cents,
           state, idempotency_key, provider_payment_id, pay_until, next_check_at, correlation_id)
         values ($1, $2, $3, $4, 'stripe', 'card', $5, 'requires_action', $2::uuid::text, $6, now() + interval '5 minutes',
           'infinity', $7)`,
        [
          screeningId,
          attemptId,
          order.orderId,
          order.buyerId,
          order.totalCents,
          `pi_${attemptId}`,
          order.correlationId,
        ],
      );
      return { order, attemptId };
    }),
  );
}
