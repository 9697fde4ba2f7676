export const TICKET_KINDS = [
  'full',
  'half_student',
  'half_id_jovem',
  'half_disability',
  'half_companion',
  'half_senior',
  'promotional',
  'courtesy',
] as const;
export type TicketKind = (typeof TICKET_KINDS)[number];

/** The kinds a buyer may choose alone; the others are given by staff. */
export const BUYER_TICKET_KINDS = [
  'full',
  'half_student',
  'half_id_jovem',
  'half_disability',
  'half_companion',
  'half_senior',
] as const satisfies readonly TicketKind[];
export type BuyerTicketKind = (typeof BUYER_TICKET_KINDS)[number];

/** Inside the 40% quota of Lei 12.933/2013 art. 1 § 10. Seniors (Lei 10.741/2003 art. 23) are never capped. */
export const QUOTA_KINDS = ['half_student', 'half_id_jovem', 'half_disability', 'half_companion'] as const;

export function countsInQuota(kind: TicketKind): boolean {
  return (QUOTA_KINDS as readonly string[]).includes(kind);
}

export function isHalfPrice(kind: TicketKind): boolean {
  return kind.startsWith('half_');
}

/** What a ticket of this kind costs, in cents. Half of an odd price is rounded down: the law says half, not more. */
export function chargedCents(kind: TicketKind, priceCents: number): number {
  if (kind === 'courtesy') return 0;
  return isHalfPrice(kind) ? Math.floor(priceCents / 2) : priceCents;
}

/** The convenience fee on what is charged, in cents, rounded half up. hold-seats.fn.sql computes the same. */
export function feeCents(charged: number, feeBasisPoints: number): number {
  return Math.floor((charged * feeBasisPoints + 5_000) / 10_000);
}

/** The legal quota: 40% of the tickets on sale, rounded up. */
export function halfPriceQuota(seatCount: number): number {
  return Math.ceil(seatCount * 0.4);
}
