import { newId } from '#platform/ids';
import type { Transaction } from '#platform/postgres';
import { sql } from '#platform/sql';

export const TEMPLATES = [
  'sign_in_code',
  'order_confirmation',
  'payment_failed',
  'payment_returned',
  'order_refunded',
  'order_cancelled',
] as const;
export type TemplateName = (typeof TEMPLATES)[number];
export type MailLocale = 'pt-BR' | 'en';

export type Email = {
  template: TemplateName;
  /** What it is about. One mail per (template, subjectKey), however often it is asked for. */
  subjectKey: string;
  locale: MailLocale;
  /** Ids and plain facts. What can be read when the mail leaves (names, seats) is read then. */
  data: Record<string, unknown>;
  correlationId: string;
} & ({ recipientAccountId: string } | { recipient: string });

/** Queues a mail in the transaction of its cause: it will leave if and only if that commits. False when it had been. */
export async function queueEmail(tx: Transaction, email: Email): Promise<boolean> {
  const fresh = await tx.row(QUEUE, [
    newId(),
    email.template,
    email.subjectKey,
    'recipientAccountId' in email ? email.recipientAccountId : null,
    'recipient' in email ? email.recipient : null,
    email.locale,
    JSON.stringify(email.data),
    email.correlationId,
  ]);
  return fresh !== null;
}

const QUEUE = sql`
  insert into notifications.emails
    (email_id, template, subject_key, account_id, recipient, locale, data, correlation_id)
  values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (template, subject_key) do nothing
  returning 1 as fresh`;
