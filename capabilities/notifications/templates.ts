import type { Block } from './blocks.ts';
import type { MailLocale, TemplateName } from './queue-email.ts';

export type MailTemplate = { subject: string; preview: string; blocks: Block[]; footer: string };

const h = (text: string): Block => ({ kind: 'heading', text });
const p = (text: string): Block => ({ kind: 'text', text });
const note = (text: string): Block => ({ kind: 'note', text });
const button = (label: string, url = '{{orderUrl}}'): Block => ({ kind: 'button', label, url });

const FOOTER = {
  'pt-BR': 'Você recebe este e-mail porque usou este endereço na Poltrona. Não responda: ninguém lê esta caixa.',
  en: 'You get this e-mail because this address was used at Poltrona. Please do not reply: nobody reads this mailbox.',
};

const screening = (locale: MailLocale): Block => ({
  kind: 'facts',
  rows:
    locale === 'pt-BR'
      ? [
          ['Filme', '{{movieTitle}}'],
          ['Sessão', '{{when}}'],
          ['Sala', '{{auditoriumName}}'],
          ['Cinema', '{{theaterName}}{{theaterPlace}}'],
          ['Poltronas', '{{seats}}'],
        ]
      : [
          ['Movie', '{{movieTitle}}'],
          ['Screening', '{{when}}'],
          ['Auditorium', '{{auditoriumName}}'],
          ['Theater', '{{theaterName}}{{theaterPlace}}'],
          ['Seats', '{{seats}}'],
        ],
});

type Words = Record<TemplateName, Omit<MailTemplate, 'footer'>>;

const pt: Words = {
  sign_in_code: {
    subject: '{{code}} é o seu código da Poltrona',
    preview: 'Vale por {{minutes}} minutos, uma vez.',
    blocks: [
      h('Seu código de acesso'),
      p('Digite este código na página em que você estava:'),
      { kind: 'code', text: '{{code}}' },
      p('Ele vale por {{minutes}} minutos e só uma vez.'),
      note('Não pediu um código? Ignore este e-mail. Sem ele, ninguém entra na sua conta. Nunca o diga a ninguém.'),
    ],
  },
  order_confirmation: {
    subject: 'Seus ingressos: {{movieTitle}}, {{when}}',
    preview: '{{theaterName}}, {{auditoriumName}}, {{seats}}',
    blocks: [
      h('Tudo certo. Bom filme!'),
      p('{{greeting}}Seu pagamento de {{total}} foi confirmado. Mostre na entrada da sala o QR code de cada ingresso.'),
      screening('pt-BR'),
      {
        kind: 'if',
        name: 'anyProof',
        blocks: [p('<strong>Meia-entrada:</strong> leve o documento indicado em cada ingresso. Ele será conferido.')],
      },
      { kind: 'tickets', labels: { seat: 'Poltrona', code: 'Código', qrAlt: 'QR code do ingresso' } },
      button('Abrir meus ingressos', '{{ticketsUrl}}'),
      note('Os ingressos também vão em PDF, em anexo. Cada um vale uma entrada: não compartilhe as imagens.'),
    ],
  },
  payment_failed: {
    subject: 'O pagamento não passou: {{movieTitle}}',
    preview: 'Suas poltronas ainda estão reservadas.',
    blocks: [
      h('O pagamento não passou'),
      p(
        '{{greeting}}Nada foi cobrado. Suas poltronas seguem reservadas até {{heldUntil}}: tente de novo, se quiser com outra forma de pagamento.',
      ),
      screening('pt-BR'),
      button('Tentar de novo'),
    ],
  },
  payment_returned: {
    subject: 'Devolvemos seu pagamento: {{movieTitle}}',
    preview: '{{amount}} volta pela mesma forma de pagamento.',
    blocks: [
      h('Devolvemos seu pagamento'),
      p(
        '{{greeting}}{{reason}} Por isso devolvemos {{amount}} automaticamente, pela mesma forma de pagamento. Você não precisa fazer nada.',
      ),
      screening('pt-BR'),
      note('No cartão, o valor aparece em até duas faturas; no Pix, em geral no mesmo dia.'),
      button('Ver o pedido'),
    ],
  },
  order_refunded: {
    subject: 'Reembolso do seu pedido: {{movieTitle}}',
    preview: '{{total}} volta pela mesma forma de pagamento.',
    blocks: [
      h('Seu pedido foi reembolsado'),
      p(
        '{{greeting}}{{reason}} O valor de {{total}} volta pela mesma forma de pagamento. Os ingressos deixaram de valer.',
      ),
      screening('pt-BR'),
      note('No cartão, o valor aparece em até duas faturas; no Pix, em geral no mesmo dia.'),
      button('Ver o pedido'),
    ],
  },
  order_cancelled: {
    subject: 'Pedido cancelado: {{movieTitle}}',
    preview: 'Nada foi cobrado.',
    blocks: [
      h('Seu pedido foi cancelado'),
      p('{{greeting}}{{reason}} Nada foi cobrado e as poltronas estão livres de novo.'),
      screening('pt-BR'),
      button('Escolher outra sessão', '{{homeUrl}}'),
    ],
  },
};

const en: Words = {
  sign_in_code: {
    subject: '{{code}} is your Poltrona code',
    preview: 'Good for {{minutes}} minutes, once.',
    blocks: [
      h('Your sign-in code'),
      p('Type this code on the page where you were:'),
      { kind: 'code', text: '{{code}}' },
      p('It is good for {{minutes}} minutes, once.'),
      note('Did not ask for a code? Ignore this e-mail. Nobody gets in without it. Never tell it to anybody.'),
    ],
  },
  order_confirmation: {
    subject: 'Your tickets: {{movieTitle}}, {{when}}',
    preview: '{{theaterName}}, {{auditoriumName}}, {{seats}}',
    blocks: [
      h('All set. Enjoy the film!'),
      p('{{greeting}}Your payment of {{total}} is confirmed. Show the QR code of each ticket at the door.'),
      screening('en'),
      {
        kind: 'if',
        name: 'anyProof',
        blocks: [p('<strong>Half price:</strong> bring the document named on each ticket. It will be checked.')],
      },
      { kind: 'tickets', labels: { seat: 'Seat', code: 'Code', qrAlt: 'QR code of ticket' } },
      button('Open my tickets', '{{ticketsUrl}}'),
      note('The tickets are attached as PDF too. Each admits once: do not share the pictures.'),
    ],
  },
  payment_failed: {
    subject: 'The payment did not go through: {{movieTitle}}',
    preview: 'Your seats are still held.',
    blocks: [
      h('The payment did not go through'),
      p(
        '{{greeting}}Nothing was charged. Your seats are held until {{heldUntil}}: try again, with another way to pay if you like.',
      ),
      screening('en'),
      button('Try again'),
    ],
  },
  payment_returned: {
    subject: 'Your payment was returned: {{movieTitle}}',
    preview: '{{amount}} goes back the way it came.',
    blocks: [
      h('Your payment was returned'),
      p('{{greeting}}{{reason}} So {{amount}} goes back the way it came, by itself. There is nothing for you to do.'),
      screening('en'),
      note('On a card it shows within two statements; with Pix usually the same day.'),
      button('See the order'),
    ],
  },
  order_refunded: {
    subject: 'Your order was refunded: {{movieTitle}}',
    preview: '{{total}} goes back the way it came.',
    blocks: [
      h('Your order was refunded'),
      p('{{greeting}}{{reason}} {{total}} goes back the way it came. The tickets are no longer valid.'),
      screening('en'),
      note('On a card it shows within two statements; with Pix usually the same day.'),
      button('See the order'),
    ],
  },
  order_cancelled: {
    subject: 'Order cancelled: {{movieTitle}}',
    preview: 'Nothing was charged.',
    blocks: [
      h('Your order was cancelled'),
      p('{{greeting}}{{reason}} Nothing was charged, and the seats are free again.'),
      screening('en'),
      button('Choose another screening', '{{homeUrl}}'),
    ],
  },
};

export function templateOf(name: TemplateName, locale: MailLocale): MailTemplate {
  return { ...(locale === 'pt-BR' ? pt : en)[name], footer: FOOTER[locale] };
}

type ReasonCode = 'seats_gone' | 'amount_mismatch' | 'screening_cancelled' | 'requested' | 'other';

const REASONS: Record<MailLocale, Record<ReasonCode, string>> = {
  'pt-BR': {
    seats_gone: 'O pagamento chegou depois do fim da reserva, e outra pessoa já tinha comprado as poltronas.',
    amount_mismatch: 'O valor recebido não foi o do pedido.',
    screening_cancelled: 'A sessão foi cancelada pelo cinema.',
    requested: 'O reembolso foi feito a pedido.',
    other: 'Não foi possível manter o pedido.',
  },
  en: {
    seats_gone: 'The payment came after the hold had ended, and somebody else had bought the seats.',
    amount_mismatch: 'The amount received was not that of the order.',
    screening_cancelled: 'The cinema cancelled the screening.',
    requested: 'The refund was made on request.',
    other: 'The order could not be kept.',
  },
};

/** A sentence for a reason code; codes that people never need to tell apart share one. */
export function reasonText(locale: MailLocale, code: unknown): string {
  const reasons = REASONS[locale];
  return typeof code === 'string' && code in reasons ? reasons[code as ReasonCode] : reasons.other;
}
