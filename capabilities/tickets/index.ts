export { renderCalendar } from './calendar.ts';
export { issueTickets, type IssuedTicket, revokeTickets } from './issue-tickets.ts';
export { listTickets, type TicketChoice, TICKETS_LISTED_MAX } from './list-tickets.ts';
export { renderTicketsPdf } from './render-pdf.ts';
export { readRevocations, revocationList, signRevocations } from './revocation-list.ts';
export { formatCode, parseCode } from './ticket-code.ts';
export { newTicketSigningKey, publishedKeys, readTicketKeys, type TicketKeys } from './ticket-keys.ts';
export { signToken, type TicketClaims, verifyToken } from './ticket-token.ts';
export { dayText, moneyText, TICKET_WORDS, type TicketLocale } from './ticket-words.ts';
