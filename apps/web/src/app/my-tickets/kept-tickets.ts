import type { TicketView } from '#contracts/tickets';
import { recall, remember } from '../api/remembered.ts';

// The tickets as last seen, on this device, for the door without a network. Forgotten at sign-out.

export type KeptTickets = { accountId: string; at: number; tickets: TicketView[] };

export function recallTickets(): KeptTickets | null {
  const text = recall('tickets');
  if (!text) return null;
  try {
    const kept = JSON.parse(text) as KeptTickets;
    return Array.isArray(kept.tickets) ? kept : null;
  } catch {
    return null;
  }
}

export function keepTickets(accountId: string, tickets: TicketView[]): void {
  remember('tickets', JSON.stringify({ accountId, at: Date.now(), tickets } satisfies KeptTickets));
}
