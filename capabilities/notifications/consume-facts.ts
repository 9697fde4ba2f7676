import { consumeOnce, type Message } from '#platform/outbox';
import type { Database, Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';
import { type MailLocale, queueEmail, type TemplateName } from './queue-email.ts';

const CONSUMER = 'notifications';

type Fact = { screeningId: number; orderId: string; [name: string]: unknown };
export type FactHandler = (message: Message) => Promise<void>;

/** What each fact makes us write. Facts about an order carry {screeningId, orderId}. */
export function factHandlers(db: Database): Record<string, FactHandler> {
  const mail =
    (template: TemplateName, choose: (fact: Fact) => { subjectKey: string; data?: Record<string, unknown> } | null) =>
    (message: Message) =>
      db.transaction(async (tx) => {
        await consumeOnce(tx, CONSUMER, message.messageId, async () => {
          const fact = message.payload as Fact;
          const chosen = choose(fact);
          const buyer = chosen && (await buyerOf(tx, fact));
          if (!chosen || !buyer) return;
          await queueEmail(tx, {
            template,
            subjectKey: chosen.subjectKey,
            recipientAccountId: buyer.account_id,
            locale: buyer.locale,
            data: { orderId: fact.orderId, ...chosen.data },
            correlationId: message.correlationId,
          });
        });
      });

  return {
    order_paid: mail('order_confirmation', ({ orderId }) => ({ subjectKey: orderId })),
    // Once per order: whoever mistypes a card three times needs no three mails.
    payment_failed: mail('payment_failed', ({ orderId }) => ({ subjectKey: orderId })),
    payment_refunded_automatically: mail('payment_returned', ({ attemptId, reason, amountCents }) => ({
      subjectKey: String(attemptId),
      data: { reason, amountCents },
    })),
    order_refunded: mail('order_refunded', ({ orderId, reason }) => ({
      subjectKey: orderId,
      // Only our own codes: what staff wrote in words is for staff.
      data: { reason: reason === 'screening_cancelled' ? reason : 'requested' },
    })),
    // A buyer who lets held seats go knows it; a mail is for what somebody else did.
    order_cancelled: mail('order_cancelled', ({ orderId, reason }) =>
      typeof reason === 'string' ? { subjectKey: orderId, data: { reason } } : null,
    ),
  };
}

/** Null for a buyer who has been erased: nobody is left to write to. */
async function buyerOf(tx: Transaction, fact: Fact): Promise<{ account_id: string; locale: MailLocale } | null> {
  return tx.row(FIND_BUYER, [fact.screeningId, fact.orderId]);
}

const FIND_BUYER = sql`
  select r.account_id, r.locale from orders.orders o join accounts.recipients r on r.account_id = o.buyer_id
  where o.screening_id = $1 and o.order_id = $2`;
