import { readTicketKeys, type TicketKeys } from '#capabilities/tickets';

/** The keys of a process's settings: one signs, those of TICKET_OLDER_KEYS still verify. */
export function ticketKeysOf(settings: {
  TICKET_SIGNING_KEY: string;
  TICKET_OLDER_KEYS?: string | undefined;
}): TicketKeys {
  const olderKeys = (settings.TICKET_OLDER_KEYS ?? '').split(',').flatMap((key) => key.trim() || []);
  return readTicketKeys({ signingKey: settings.TICKET_SIGNING_KEY, olderKeys });
}
