import type { Transporter } from 'nodemailer';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import { sql } from '#platform/sql';
import { type ContentDeps, contentOf } from './content.ts';
import type { MailLocale, TemplateName } from './queue-email.ts';
import type { Renderer } from './render.ts';

export type MailTransport = Pick<Transporter, 'sendMail'>;
export type Delivered = { sent: number; retried: number; failed: number };

export const ATTEMPTS_MAX = 8;
/** A claim holds this long; a process that died while sending is then taken to have sent nothing. */
const CLAIM_SECONDS = 120;
const BACKOFF_SECONDS = 15;
const BACKOFF_SECONDS_MAX = 3600;
const CONCURRENT_MAX = 5;

type Claimed = {
  email_id: string;
  template: TemplateName;
  subject_key: string;
  locale: MailLocale;
  recipient: string | null;
  recipient_name: string | null;
  data: Record<string, unknown>;
  attempts: number;
  correlation_id: string;
};

export type DeliverDeps = ContentDeps & { db: Database; log: Log; from: string; render: Renderer };

/**
 * Sends what is due. Rows are claimed with SKIP LOCKED, so any number of workers share them; a mark is written only by
 * whoever holds the claim. SMTP cannot promise more: when a process dies between the server's yes and our mark, the
 * mail leaves again, with the same Message-ID, by which readers fold the two.
 */
export async function deliverEmails(deps: DeliverDeps, transport: MailTransport, limit = 50): Promise<Delivered> {
  const claimed = await deps.db.rows<Claimed>(CLAIM, [limit, CLAIM_SECONDS]);
  const delivered: Delivered = { sent: 0, retried: 0, failed: 0 };
  const waiting = [...claimed];
  const lane = async () => {
    for (let mail = waiting.shift(); mail; mail = waiting.shift()) delivered[await deliver(deps, transport, mail)] += 1;
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_MAX, claimed.length) }, lane));
  return delivered;
}

async function deliver(deps: DeliverDeps, transport: MailTransport, mail: Claimed): Promise<keyof Delivered> {
  const { log } = deps;
  const trace = { emailId: mail.email_id, template: mail.template, correlationId: mail.correlation_id };
  try {
    const refusal = await send(deps, transport, mail);
    if (refusal) {
      await deps.db.rows(GIVE_UP, [mail.email_id, mail.attempts, refusal]);
      log.info({ ...trace, refusal }, 'e-mail not sent');
      return 'failed';
    }
    await deps.db.rows(MARK_SENT, [mail.email_id, mail.attempts]);
    log.info(trace, 'e-mail sent');
    return 'sent';
  } catch (error) {
    const code = errorCode(error);
    if (isPermanent(error) || mail.attempts >= ATTEMPTS_MAX) {
      await deps.db.rows(GIVE_UP, [mail.email_id, mail.attempts, code]);
      log.error({ ...trace, code, attempts: mail.attempts }, 'e-mail failed for good');
      return 'failed';
    }
    const wait = Math.min(BACKOFF_SECONDS * 2 ** (mail.attempts - 1), BACKOFF_SECONDS_MAX);
    await deps.db.rows(RETRY, [mail.email_id, mail.attempts, code, wait]);
    log.warn({ ...trace, code, attempts: mail.attempts }, 'e-mail will be tried again');
    return 'retried';
  }
}

/** Null once the server took it, or why it must not leave. */
async function send(deps: DeliverDeps, transport: MailTransport, mail: Claimed): Promise<string | null> {
  if (!mail.recipient) return 'recipient_erased';
  const content = await contentOf(deps, {
    template: mail.template,
    subjectKey: mail.subject_key,
    locale: mail.locale,
    recipientName: mail.recipient_name,
    data: mail.data,
  });
  if (!content) return 'no_longer_true';
  const { subject, html, text } = deps.render(mail.template, mail.locale, content.data);
  await transport.sendMail({
    from: deps.from,
    to: { name: mail.recipient_name ?? '', address: mail.recipient },
    subject,
    html,
    text,
    attachments: content.attachments,
    messageId: `<${mail.email_id}@${domainOf(deps.from)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Correlation-Id': mail.correlation_id },
  });
  return null;
}

function domainOf(from: string): string {
  return /@([^>\s]+)/.exec(from)?.[1] ?? 'poltrona.invalid';
}

/** The server's code, never its sentence: that one repeats the address. */
function errorCode(error: unknown): string {
  const { responseCode, code, name } = error as { responseCode?: number; code?: string; name?: string };
  return [responseCode, code ?? name].filter(Boolean).join(' ').slice(0, 100) || 'unknown';
}

/** 5xx about this mail or its address. Not 5xx while logging in: that is our setting, and will be mended. */
function isPermanent(error: unknown): boolean {
  const { responseCode, code } = error as { responseCode?: number; code?: string };
  return responseCode !== undefined && responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
}

const CLAIM = sql`
  with due as (
    select email_id from notifications.emails
    where state in ('queued', 'sending') and next_attempt_at <= statement_timestamp()
    order by next_attempt_at limit $1 for update skip locked)
  update notifications.emails e
  set state = 'sending', attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $2)
  from due left join lateral (
    select r.email, r.name from notifications.emails m join accounts.recipients r on r.account_id = m.account_id
    where m.email_id = due.email_id) as person on true
  where e.email_id = due.email_id
  returning e.email_id, e.template, e.subject_key, e.locale, coalesce(e.recipient, person.email) as recipient,
    person.name as recipient_name, e.data, e.attempts, e.correlation_id`;
const MARK_SENT = sql`
  update notifications.emails set state = 'sent', sent_at = now(), last_error = null, data = '{}'
  where email_id = $1 and attempts = $2 and state = 'sending'`;
const RETRY = sql`
  update notifications.emails set state = 'queued', last_error = $3,
    next_attempt_at = now() + make_interval(secs => $4)
  where email_id = $1 and attempts = $2 and state = 'sending'`;
const GIVE_UP = sql`
  update notifications.emails set state = 'failed', last_error = $3, data = '{}'
  where email_id = $1 and attempts = $2 and state = 'sending'`;
