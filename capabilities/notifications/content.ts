import QRCode from 'qrcode';
import { readOrder } from '#capabilities/orders';
import {
  dayText,
  listTickets,
  moneyText,
  renderTicketsPdf,
  TICKET_WORDS,
  type TicketKeys,
} from '#capabilities/tickets';
import type { OrderView } from '#contracts/orders';
import type { TicketView } from '#contracts/tickets';
import type { Queryable } from '#platform/postgres';
import type { MailData } from './fill.ts';
import type { MailLocale, TemplateName } from './queue-email.ts';
import { reasonText } from './templates.ts';

export type Attachment = { filename: string; content: Buffer; contentType: string; cid?: string };
export type Content = { data: MailData; attachments: Attachment[] };

export type ContentDeps = {
  db: Queryable;
  publicUrl: string;
  ticketKeys: TicketKeys;
  /** Opens what another capability sealed into a mail's data. */
  openSecret(sealed: Buffer, context: string): string;
};

export type MailToFill = {
  template: TemplateName;
  subjectKey: string;
  locale: MailLocale;
  recipientName: string | null;
  data: Record<string, unknown>;
};

/**
 * What a mail says, read when it leaves; null when it is no longer true (tickets revoked meanwhile, a failed payment
 * that has since gone through): then it must not be sent.
 */
export async function contentOf(deps: ContentDeps, mail: MailToFill): Promise<Content | null> {
  if (mail.template === 'sign_in_code') return codeContent(deps, mail);
  const order = await readOrder(deps.db, { orderId: String(mail.data['orderId']) });
  if (!order) return null;
  const base = orderData(deps.publicUrl, mail, order);
  switch (mail.template) {
    case 'order_confirmation':
      return order.state === 'paid' ? withTickets(deps, mail, order, base) : null;
    case 'payment_failed':
      return order.state === 'held' || order.state === 'awaiting_payment' ? { data: base, attachments: [] } : null;
    case 'order_refunded':
    case 'order_cancelled':
    case 'payment_returned':
      return { data: base, attachments: [] };
  }
}

function codeContent(deps: ContentDeps, mail: MailToFill): Content {
  const code = deps.openSecret(Buffer.from(String(mail.data['sealedCode']), 'base64'), mail.subjectKey);
  return { data: { code, minutes: String(mail.data['minutes']) }, attachments: [] };
}

export function orderData(publicUrl: string, mail: Omit<MailToFill, 'subjectKey'>, order: OrderView): MailData {
  const { locale } = mail;
  const { screening } = order;
  const cents = mail.data['amountCents'];
  return {
    greeting: greetingOf(locale, mail.recipientName),
    movieTitle: screening.movieTitle,
    when: `${dayText(locale, screening.localDate)}, ${screening.localTime}`,
    auditoriumName: screening.auditoriumName,
    theaterName: screening.theaterName,
    theaterPlace: screening.theaterAddress ? ` · ${screening.theaterAddress}` : '',
    seats: order.seatLabels.join(', '),
    total: moneyText(locale, order.totalCents),
    amount: moneyText(locale, typeof cents === 'number' ? cents : order.totalCents),
    heldUntil: clockTime(order.heldUntil, screening.timeZone, locale),
    reason: reasonText(locale, mail.data['reason']),
    orderUrl: `${publicUrl}/pedido/${order.orderId}`,
    ticketsUrl: `${publicUrl}/pedido/${order.orderId}`,
    homeUrl: publicUrl,
  };
}

function greetingOf(locale: MailLocale, name: string | null): string {
  const hello = locale === 'pt-BR' ? 'Olá' : 'Hello';
  return name ? `${hello}, ${name.split(' ')[0]!}! ` : `${hello}! `;
}

async function withTickets(
  deps: ContentDeps,
  mail: MailToFill,
  order: OrderView,
  base: MailData,
): Promise<Content | null> {
  const source = { db: deps.db, keys: deps.ticketKeys };
  const tickets = (await listTickets(source, { orderId: order.orderId })).filter((one) => one.state !== 'revoked');
  if (tickets.length === 0) return null;
  const pdf = await renderTicketsPdf(source, { orderId: order.orderId, locale: mail.locale });
  const content = await ticketContent(mail.locale, tickets, base);
  if (pdf) {
    const filename = mail.locale === 'pt-BR' ? 'ingressos.pdf' : 'tickets.pdf';
    content.attachments.push({ filename, content: pdf, contentType: 'application/pdf' });
  }
  return content;
}

/** One QR per ticket, as a picture inside the mail: mail readers show no SVG and load nothing from outside. */
export async function ticketContent(
  locale: MailLocale,
  tickets: Pick<TicketView, 'seatLabel' | 'kind' | 'code' | 'token'>[],
  base: MailData,
): Promise<Content> {
  const words = TICKET_WORDS[locale];
  const attachments: Attachment[] = [];
  const rows: MailData[] = [];
  for (const [index, ticket] of tickets.entries()) {
    const cid = `qr-${index + 1}@poltrona`;
    const content = await QRCode.toBuffer([{ data: ticket.token, mode: 'alphanumeric' }], {
      errorCorrectionLevel: 'M',
      margin: 4,
      scale: 6,
    });
    attachments.push({ filename: `${ticket.code}.png`, content, contentType: 'image/png', cid });
    rows.push({
      seatLabel: ticket.seatLabel,
      kind: words.kind[ticket.kind],
      code: ticket.code,
      proof: words.proof[ticket.kind] ?? '',
      qrCid: cid,
    });
  }
  return { data: { ...base, tickets: rows, anyProof: rows.some((row) => row['proof'] !== '') }, attachments };
}

function clockTime(iso: string, timeZone: string, locale: MailLocale): string {
  return new Intl.DateTimeFormat(locale, { timeZone, hour: '2-digit', minute: '2-digit', hour12: false }).format(
    new Date(iso),
  );
}
