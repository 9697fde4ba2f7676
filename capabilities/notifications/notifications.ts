import { createTransport } from 'nodemailer';
import type { TicketKeys } from '#capabilities/tickets';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import { factHandlers } from './consume-facts.ts';
import { deliverEmails, type MailTransport } from './deliver.ts';
import { renderPreview } from './preview.ts';
import type { MailLocale, TemplateName } from './queue-email.ts';
import { compileTemplates } from './render.ts';

export type NotificationsDeps = {
  db: Database;
  log: Log;
  publicUrl: string;
  from: string;
  ticketKeys: TicketKeys;
  openSecret(sealed: Buffer, context: string): string;
};

export type Notifications = Awaited<ReturnType<typeof createNotifications>>;

/** Everything the worker needs to write to people. Compiles all templates first (about half a second). */
export async function createNotifications(options: NotificationsDeps) {
  const render = await compileTemplates();
  const deps = { ...options, publicUrl: options.publicUrl.replace(/\/$/, ''), render };
  return {
    /** By outbox topic; each handles a message once. */
    handlers: factHandlers(options.db),
    /** Sends what is due; call again at once while it returns as many as `limit`, else about every second. */
    deliverEmails: (transport: MailTransport, limit?: number) => deliverEmails(deps, transport, limit),
    renderPreview: (template: TemplateName, locale: MailLocale) =>
      renderPreview(render, deps.publicUrl, template, locale),
  };
}

const SMTP_PATIENCE_MS = 15_000;

/** A pooled SMTP transport for SMTP_URL. `close` it when the process stops. */
export function smtpTransport(smtpUrl: string) {
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  return createTransport({
    host: url.hostname,
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    ...(url.username
      ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
      : {}),
    pool: true,
    maxConnections: 5,
    connectionTimeout: SMTP_PATIENCE_MS,
    greetingTimeout: SMTP_PATIENCE_MS,
    socketTimeout: SMTP_PATIENCE_MS,
    // Attachments are ours, in memory: nothing in a mail may name a file or an address to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}
