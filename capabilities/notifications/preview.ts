import type { OrderView } from '#contracts/orders';
import { type Attachment, orderData, ticketContent } from './content.ts';
import type { MailLocale, TemplateName } from './queue-email.ts';
import type { RenderedMail, Renderer } from './render.ts';

/** A mail with made-up facts, pictures inlined, for whoever edits or reviews the templates. Sends nothing. */
export async function renderPreview(
  render: Renderer,
  publicUrl: string,
  template: TemplateName,
  locale: MailLocale,
): Promise<RenderedMail> {
  if (template === 'sign_in_code') return render(template, locale, { code: '042817', minutes: '10' });
  const mail = { template, locale, recipientName: 'Ana Souza', data: { reason: 'seats_gone', amountCents: 5280 } };
  const content = await ticketContent(locale, SAMPLE_TICKETS, orderData(publicUrl, mail, SAMPLE_ORDER));
  const rendered = render(template, locale, content.data);
  return { ...rendered, html: content.attachments.reduce(inlined, rendered.html) };
}

function inlined(html: string, { cid, content, contentType }: Attachment): string {
  return cid ? html.replaceAll(`cid:${cid}`, `data:${contentType};base64,${content.toString('base64')}`) : html;
}

const SAMPLE_TICKETS = [
  { seatLabel: 'F7', kind: 'full' as const, code: 'AMOST-RA001', token: 'NAO VALE 1'.repeat(12) },
  { seatLabel: 'F8', kind: 'half_student' as const, code: 'AMOST-RA002', token: 'NAO VALE 2'.repeat(12) },
];

const SAMPLE_ORDER: OrderView = {
  orderId: '00000000-0000-8000-8000-000000000000',
  screeningId: 0,
  state: 'paid',
  lines: [],
  ticketsCents: 4800,
  feeCents: 480,
  totalCents: 5280,
  heldUntil: '2026-11-22T22:08:00.000Z',
  serverTime: '2026-11-22T22:00:00.000Z',
  createdAt: '2026-11-22T22:00:00.000Z',
  paidAt: '2026-11-22T22:02:00.000Z',
  screening: {
    movieTitle: 'Limite',
    posterUrl: null,
    rating: '12',
    theaterName: 'Cine São Luís',
    theaterAddress: 'Rua da Aurora, 175, Boa Vista',
    auditoriumName: 'Sala 1',
    startsAt: '2026-11-22T20:30:00-03:00',
    localDate: '2026-11-22',
    localTime: '20:30',
    timeZone: 'America/Recife',
  },
  seatLabels: ['F7', 'F8'],
  payment: null,
  refundedCents: 0,
  history: [],
};
