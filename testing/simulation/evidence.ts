import type { StoredAnswer, Wish } from './commands.ts';
import type { Heard } from './process.ts';

/**
 * What people outside the house have in their hands: what they asked and what they were told. The checker believes
 * this and the rows, and nothing that process or database say about themselves.
 */
export type Evidence = {
  /** Every wish ever sent, by its correlation id: one for each try. */
  wishes: Map<string, Wish>;
  /** Other kinds that a buyer asked for, by order. */
  kinds: Map<string, Wish['seats']>;
  /** Orders that their buyer asked to release, and to refund. */
  releases: Set<string>;
  refunds: Set<string>;
  /** What the provider took from buyers, by attempt, whether or not the house knows yet. */
  money: Map<string, { orderId: string; paidCents: number }>;
  /** Orders of which a caller was told that they are paid. */
  paid: Set<string>;
  /** Intentions that wait for their answer. */
  open: Set<string>;
};

export type HoldReceipt = { wish: Wish; heard: Heard; hold: StoredAnswer | null };

export function noEvidence(): Evidence {
  return {
    wishes: new Map(),
    kinds: new Map(),
    releases: new Set(),
    refunds: new Set(),
    money: new Map(),
    paid: new Set(),
    open: new Set(),
  };
}

/** A receipt as it stands in the buyer's hand. */
export const receiptOf = (wish: Wish, heard: Heard): HoldReceipt => ({ wish, heard, hold: holdIn(heard) });

export const holdIn = (heard: Heard): StoredAnswer | null =>
  'body' in heard ? (JSON.parse(heard.body) as StoredAnswer) : null;
