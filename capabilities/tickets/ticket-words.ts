import type { TicketKind } from '#contracts/ticket-kinds';

export type TicketLocale = 'pt-BR' | 'en';

export type TicketWords = {
  title: string;
  ticket: (number: number, of: number) => string;
  day: string;
  time: string;
  auditorium: string;
  row: string;
  seat: string;
  where: string;
  kindTitle: string;
  price: string;
  fee: string;
  total: string;
  code: string;
  order: string;
  show: string;
  once: string;
  qrAlt: string;
  revoked: string;
  kind: Record<TicketKind, string>;
  /** What to bring; only kinds that need something. */
  proof: Partial<Record<TicketKind, string>>;
  language: Record<string, string>;
  rating: Record<string, string>;
};

const pt: TicketWords = {
  title: 'Ingresso',
  ticket: (number, of) => `Ingresso ${number} de ${of}`,
  day: 'Dia',
  time: 'Horário',
  auditorium: 'Sala',
  row: 'Fileira',
  seat: 'Poltrona',
  where: 'Onde',
  kindTitle: 'Tipo',
  price: 'Ingresso',
  fee: 'Taxa',
  total: 'Total',
  code: 'Código',
  order: 'Pedido',
  show: 'Mostre este código na entrada da sala.',
  once: 'Vale uma entrada. Não compartilhe a imagem.',
  qrAlt: 'QR code do ingresso. Sem ele, diga o código ao lado.',
  revoked: 'Cancelado: este ingresso não vale mais',
  kind: {
    full: 'Inteira',
    half_student: 'Meia-entrada: estudante',
    half_id_jovem: 'Meia-entrada: ID Jovem',
    half_disability: 'Meia-entrada: pessoa com deficiência',
    half_companion: 'Meia-entrada: acompanhante (PcD)',
    half_senior: 'Meia-entrada: 60 anos ou mais',
    promotional: 'Promocional',
    courtesy: 'Cortesia',
  },
  proof: {
    half_student: 'Leve a Carteira de Identificação Estudantil (CIE) dentro da validade e um documento com foto.',
    half_id_jovem: 'Leve a carteira ID Jovem dentro da validade e um documento com foto.',
    half_disability: 'Leve o cartão do BPC ou o documento do INSS e um documento com foto.',
    half_companion: 'Entre com a pessoa que acompanha; o documento dela vale para os dois ingressos.',
    half_senior: 'Leve um documento com foto que mostre a data de nascimento.',
  },
  language: { dubbed: 'Dublado', subtitled: 'Legendado', original: 'Áudio original' },
  rating: {
    L: 'Livre para todos os públicos',
    '10': 'Não recomendado para menores de 10 anos',
    '12': 'Não recomendado para menores de 12 anos',
    '14': 'Não recomendado para menores de 14 anos',
    '16': 'Não recomendado para menores de 16 anos',
    '18': 'Não recomendado para menores de 18 anos',
  },
};

const en: TicketWords = {
  title: 'Ticket',
  ticket: (number, of) => `Ticket ${number} of ${of}`,
  day: 'Day',
  time: 'Time',
  auditorium: 'Auditorium',
  row: 'Row',
  seat: 'Seat',
  where: 'Where',
  kindTitle: 'Type',
  price: 'Ticket',
  fee: 'Fee',
  total: 'Total',
  code: 'Code',
  order: 'Order',
  show: 'Show this code at the auditorium door.',
  once: 'Good for one entry. Do not share the picture.',
  qrAlt: 'QR code of the ticket. Without it, say the code beside it.',
  revoked: 'Cancelled: this ticket is no longer valid',
  kind: {
    full: 'Full price',
    half_student: 'Half price: student',
    half_id_jovem: 'Half price: ID Jovem',
    half_disability: 'Half price: person with a disability',
    half_companion: 'Half price: companion (disability)',
    half_senior: 'Half price: 60 or older',
    promotional: 'Promotional',
    courtesy: 'Courtesy',
  },
  proof: {
    half_student: 'Bring a valid Brazilian student card (CIE) and a document with photo.',
    half_id_jovem: 'Bring a valid ID Jovem card and a document with photo.',
    half_disability: 'Bring the BPC card or the INSS document and a document with photo.',
    half_companion: 'Come in with the person you accompany; their document counts for both tickets.',
    half_senior: 'Bring a document with photo that shows the date of birth.',
  },
  language: { dubbed: 'Dubbed', subtitled: 'Subtitled', original: 'Original audio' },
  rating: {
    L: 'Suitable for all ages',
    '10': 'Not recommended under 10',
    '12': 'Not recommended under 12',
    '14': 'Not recommended under 14',
    '16': 'Not recommended under 16',
    '18': 'Not recommended under 18',
  },
};

export const TICKET_WORDS: Record<TicketLocale, TicketWords> = { 'pt-BR': pt, en };

export function moneyText(locale: TicketLocale, cents: number): string {
  return new Intl.NumberFormat(locale, { style: 'currency', currency: 'BRL' }).format(cents / 100);
}

/** '2026-11-22' → 'dom., 22 nov. 2026', 'Sun, Nov 22, 2026'. */
export function dayText(locale: TicketLocale, localDate: string): string {
  const text = new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }).format(new Date(`${localDate}T12:00:00Z`));
  return text.replaceAll(' de ', ' ');
}

/** '19:30' → '19h30', '7:30 PM'. */
export function timeText(locale: TicketLocale, localTime: string): string {
  const [hours = 0, minutes = 0] = localTime.split(':').map(Number);
  const padded = String(minutes).padStart(2, '0');
  if (locale === 'pt-BR') return minutes === 0 ? `${hours}h` : `${hours}h${padded}`;
  return `${hours % 12 === 0 ? 12 : hours % 12}:${padded} ${hours < 12 ? 'AM' : 'PM'}`;
}
