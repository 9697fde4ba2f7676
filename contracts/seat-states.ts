// The live state of a screening: two bits a seat, seat `no` at bits 2(no-1) and 2(no-1)+1, least significant first.
// 300 seats are 75 bytes, base64 100 characters.

import type { ScreeningDetail } from './screenings.ts';

export const SEAT_STATES = ['available', 'held', 'sold', 'blocked'] as const;
export type SeatState = (typeof SEAT_STATES)[number];

export function packedLength(seatCount: number): number {
  return Math.ceil(seatCount / 4);
}

export function getSeat(packed: Uint8Array, no: number): number {
  return (packed[(no - 1) >> 2]! >> (((no - 1) & 3) * 2)) & 3;
}

export function setSeat(packed: Uint8Array, no: number, state: number): void {
  const shift = ((no - 1) & 3) * 2;
  packed[(no - 1) >> 2] = (packed[(no - 1) >> 2]! & ~(3 << shift)) | (state << shift);
}

/** The whole state of a screening. `version` is opaque: compare for equality, chain deltas by it. */
export type SeatSnapshot = {
  screeningId: number;
  version: string;
  seatCount: number;
  /** Base64 of the packed states. */
  states: string;
  available: number;
  halfPrice: { quota: number; used: number };
};

/**
 * Changes since `previous`, absolute and not relative, so that applying one twice is harmless. A delta whose
 * `previous` is not the version at hand means that something was missed: ask for a snapshot.
 */
export type SeatDelta = {
  screeningId: number;
  previous: string;
  version: string;
  /** Pairs of seat number and state index in SEAT_STATES. */
  changes: [no: number, state: number][];
  available: number;
  halfPrice: { quota: number; used: number };
};

/** The sale was stopped or goes on; absolute, and outside the chain of versions. */
export type SaleNotice = { screeningId: number; saleState: ScreeningDetail['saleState'] };

// Server-sent events of GET /api/screenings/:id/live: `event: snapshot` and `event: delta`, id = version; `event: sale`.
