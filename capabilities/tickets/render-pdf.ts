import PDFDocument from 'pdfkit';
import type { Queryable } from '#platform/postgres';
import { printedTickets, type PrintedTicket, type TicketChoice } from './list-tickets.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { COLOURS, createPage, drawMark, type Page, RATING_COLOURS, registerFonts } from './ticket-page.ts';
import { drawQr } from './ticket-qr.ts';
import { dayText, moneyText, TICKET_WORDS, type TicketLocale, type TicketWords, timeText } from './ticket-words.ts';

// A5: fills a phone's width without zooming, and two fit on a printed A4.
const WIDTH = 419.53;
const HEIGHT = 595.28;
const MARGIN = 28;
const INNER = WIDTH - 2 * MARGIN;
const HEADER = 168;
const STUB = 434;
const QR_SIDE = 129;

/** The order's tickets that are not revoked, one tagged page each, or null when it has none. */
export async function renderTicketsPdf(
  deps: { db: Queryable; keys: TicketKeys },
  request: TicketChoice & { locale: TicketLocale },
): Promise<Buffer | null> {
  const tickets = (await printedTickets(deps, request)).filter((ticket) => ticket.state !== 'revoked');
  return tickets.length === 0 ? null : drawTickets(tickets, request.locale);
}

export async function drawTickets(tickets: PrintedTicket[], locale: TicketLocale): Promise<Buffer> {
  const words = TICKET_WORDS[locale];
  const doc = new PDFDocument({
    size: [WIDTH, HEIGHT],
    margin: 0,
    autoFirstPage: false,
    tagged: true,
    // The library knows it, its types do not yet.
    subset: 'PDF/UA' as 'PDF/A-3',
    pdfVersion: '1.7',
    lang: locale,
    displayTitle: true,
    info: { Title: `${words.title}: ${tickets[0]!.movieTitle}`, Author: 'Poltrona', Creator: 'Poltrona' },
  });
  const chunks: Buffer[] = [];
  doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => doc.once('end', resolve).once('error', reject));
  registerFonts(doc);
  const root = doc.struct('Document');
  doc.addStructure(root);
  for (const [index, ticket] of tickets.entries()) {
    doc.addPage();
    const section = doc.struct('Sect');
    root.add(section);
    const page = createPage(doc, section);
    drawHeader(page, ticket, words, words.ticket(index + 1, tickets.length));
    drawFacts(page, ticket, words, locale);
    drawStub(page, ticket, words);
    section.end();
  }
  root.end();
  doc.end();
  await ended;
  return Buffer.concat(chunks);
}

function drawHeader(page: Page, ticket: PrintedTicket, words: TicketWords, count: string): void {
  const { doc } = page;
  page.decoration(() => {
    doc.rect(0, 0, WIDTH, HEADER).fill(COLOURS.night);
    doc.rect(0, HEADER, WIDTH, 3).fill(COLOURS.amber);
    drawMark(doc, MARGIN, 24, 20);
  });
  page.text('Poltrona', MARGIN + 27, 26, { font: 'strong', size: 13, colour: COLOURS.onNight });
  page.text(count, MARGIN, 29, {
    font: 'regular',
    size: 9,
    colour: COLOURS.onNightSoft,
    width: INNER,
    align: 'right',
    linesMax: 1,
  });
  const size = page.fittingSize(ticket.movieTitle, 'display', [28, 24, 20, 17], INNER, 2);
  page.text(
    ticket.movieTitle,
    MARGIN,
    62,
    { font: 'display', size, colour: COLOURS.paper, width: INNER, linesMax: 2 },
    'H1',
  );
  const facts = [words.language[ticket.language] ?? ticket.language, ticket.format].join('  ·  ');
  const [fill, ink] = RATING_COLOURS[ticket.rating ?? ''] ?? [];
  if (ticket.rating === null || !fill || !ink) {
    page.text(facts, MARGIN, 139, { font: 'regular', size: 10, colour: COLOURS.onNight });
    return;
  }
  const rating = ticket.rating;
  page.figure(words.rating[rating] ?? rating, () => {
    doc.roundedRect(MARGIN, 134, 20, 20, 4).fill(fill);
    if (rating === '18') doc.roundedRect(MARGIN, 134, 20, 20, 4).lineWidth(0.8).stroke(COLOURS.onNightSoft);
    doc.font('display').fontSize(11).fillColor(ink);
    doc.text(rating, MARGIN, 138, { width: 20, align: 'center', lineBreak: false });
  });
  const warning = `${words.rating[rating]}  ·  ${facts}`;
  page.text(warning, MARGIN + 28, 139, {
    font: 'regular',
    size: 9,
    colour: COLOURS.onNight,
    width: INNER - 28,
    linesMax: 1,
  });
}

function drawFacts(page: Page, ticket: PrintedTicket, words: TicketWords, locale: TicketLocale): void {
  const { doc } = page;
  const value = { font: 'strong', size: 14, colour: COLOURS.ink } as const;
  const seatBox = { x: WIDTH - MARGIN - 116, y: 190, width: 116, height: 98 };
  const column = MARGIN + 148;
  page.fact(words.day, dayText(locale, ticket.localDate), MARGIN, 192, value);
  page.fact(words.time, timeText(locale, ticket.localTime), column, 192, value);
  page.fact(words.auditorium, ticket.auditoriumName, MARGIN, 244, { ...value, width: 138, linesMax: 2 });
  page.fact(words.row, ticket.row, column, 244, value);
  page.decoration(() => {
    doc.roundedRect(seatBox.x, seatBox.y, seatBox.width, seatBox.height, 12).fill(COLOURS.tint);
  });
  const seatSize = page.fittingSize(ticket.seatLabel, 'display', [46, 36, 28, 20], seatBox.width - 12, 1);
  page.text(words.seat.toLocaleUpperCase(), seatBox.x, seatBox.y + 15, {
    font: 'strong',
    size: 8,
    colour: COLOURS.soft,
    width: seatBox.width,
    align: 'center',
    spacing: 0.4,
  });
  page.text(
    ticket.seatLabel,
    seatBox.x,
    seatBox.y + 56 - seatSize * 0.6,
    { font: 'display', size: seatSize, colour: COLOURS.ink, width: seatBox.width, align: 'center', linesMax: 1 },
    'H2',
  );
  page.fact(words.where, ticket.theaterName, MARGIN, 306, { ...value, size: 11, width: INNER, linesMax: 1 });
  const address = [ticket.theaterAddress, ticket.city].filter((part) => part !== null).join(', ');
  page.text(address, MARGIN, 333, { font: 'regular', size: 9, colour: COLOURS.soft, width: INNER, linesMax: 1 });
  drawKind(page, ticket, words, locale);
}

function drawKind(page: Page, ticket: PrintedTicket, words: TicketWords, locale: TicketLocale): void {
  const { doc } = page;
  const proof = words.proof[ticket.kind];
  page.fact(words.kindTitle, words.kind[ticket.kind], MARGIN, 358, {
    font: 'strong',
    size: 11,
    colour: COLOURS.ink,
    width: INNER - 126,
    linesMax: 1,
  });
  const money = (cents: number) => moneyText(locale, cents);
  page.text(money(ticket.priceCents + ticket.feeCents), MARGIN, 368, {
    font: 'strong',
    size: 12,
    colour: COLOURS.ink,
    width: INNER,
    align: 'right',
    linesMax: 1,
  });
  const parts = `${words.price} ${money(ticket.priceCents)} + ${words.fee} ${money(ticket.feeCents)}`;
  page.text(parts, MARGIN, 386, {
    font: 'regular',
    size: 8,
    colour: COLOURS.soft,
    width: INNER,
    align: 'right',
    linesMax: 1,
  });
  if (!proof) return;
  page.decoration(() => {
    doc.roundedRect(MARGIN, 400, INNER, 24, 5).fill(COLOURS.tint);
    doc.rect(MARGIN, 400, 3, 24).fill(COLOURS.amber);
  });
  const size = page.fittingSize(proof, 'strong', [8.5, 8, 7.5, 7], INNER - 22, 1);
  page.text(proof, MARGIN + 12, 407, {
    font: 'strong',
    size,
    colour: COLOURS.ink,
    width: INNER - 20,
    linesMax: 1,
  });
}

/** The part that is shown at the door: QR, the code to type, and nothing that tells who the person is. */
function drawStub(page: Page, ticket: PrintedTicket, words: TicketWords): void {
  const { doc } = page;
  page.decoration(() => {
    doc.moveTo(MARGIN, STUB).lineTo(WIDTH - MARGIN, STUB);
    doc.lineWidth(1).dash(4, { space: 4 }).stroke(COLOURS.line).undash();
    for (const x of [0, WIDTH]) doc.circle(x, STUB, 9).fillAndStroke('#efe7dd', COLOURS.line);
  });
  page.figure(words.qrAlt, () => {
    const { size, runs } = drawQr(ticket.token);
    const module = QR_SIDE / size;
    doc.save().translate(MARGIN, STUB + 18);
    for (const run of runs) doc.rect(run.x * module, run.y * module, run.length * module, module);
    doc.fill('#000000').restore();
  });
  const x = MARGIN + QR_SIDE + 22;
  const width = WIDTH - MARGIN - x;
  page.fact(words.code, ticket.code, x, STUB + 22, { font: 'display', size: 21, colour: COLOURS.ink });
  page.text(words.show, x, STUB + 68, { font: 'strong', size: 10, colour: COLOURS.ink, width, linesMax: 2 });
  page.text(words.once, x, STUB + 96, { font: 'regular', size: 8.5, colour: COLOURS.soft, width, linesMax: 2 });
  page.text(`${words.order} ${ticket.orderId}`, x, STUB + 136, {
    font: 'regular',
    size: 6.5,
    colour: COLOURS.faint,
    width,
    linesMax: 1,
  });
}
