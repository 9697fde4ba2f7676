export { issueTickets, type IssuedTicket, revokeTickets } from './issue-tickets.ts';
