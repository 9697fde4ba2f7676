import type { Queryable } from '#platform/postgres';
import { printedTickets, type TicketChoice } from './list-tickets.ts';
import type { TicketKeys } from './ticket-keys.ts';
import { TICKET_WORDS, type TicketLocale } from './ticket-words.ts';

const LINE_BYTES_MAX = 75; // RFC 5545, 3.1.

/** An order's valid tickets as one calendar event (RFC 5545), or null when it has none. No code of a ticket in it. */
export async function renderCalendar(
  deps: { db: Queryable; keys: TicketKeys },
  choice: TicketChoice,
  locale: TicketLocale,
): Promise<string | null> {
  const tickets = (await printedTickets(deps, choice)).filter((ticket) => ticket.state !== 'revoked');
  const first = tickets[0];
  if (!first) return null;
  const words = TICKET_WORDS[locale];
  const seats = tickets.map((ticket) => ticket.seatLabel).join(', ');
  const place = [first.theaterName, first.theaterAddress, first.city].filter((part) => part !== null).join(', ');
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Poltrona//Ingressos//PT',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    'BEGIN:VEVENT',
    `UID:${first.orderId}@poltrona`,
    `DTSTAMP:${utc(first.issuedAt)}`,
    `DTSTART:${utc(first.startsAt)}`,
    `DTEND:${utc(first.endsAt)}`,
    `SUMMARY:${escaped(first.movieTitle)}`,
    `LOCATION:${escaped(place)}`,
    `DESCRIPTION:${escaped(`${words.auditorium}: ${first.auditoriumName}\n${words.seat}: ${seats}`)}`,
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `DESCRIPTION:${escaped(first.movieTitle)}`,
    'TRIGGER:-PT2H',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** '2026-11-22T22:30:00.000Z' → '20261122T223000Z'. */
function utc(iso: string): string {
  return `${iso.slice(0, 19).replace(/[-:]/g, '')}Z`;
}

function escaped(text: string): string {
  return text
    .replace(/[\\;,]/g, (character) => `\\${character}`)
    .replace(/\r\n|\r|\n/g, '\\n')
    .replace(/\p{Cc}/gu, '');
}

/** Long lines go on after a line break and a space, never inside a character. */
function folded(line: string): string {
  let text = '';
  let bytes = 0;
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (bytes + size > LINE_BYTES_MAX) {
      text += '\r\n ';
      bytes = 1;
    }
    text += character;
    bytes += size;
  }
  return text;
}
