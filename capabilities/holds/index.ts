export { createSeatHolder } from './hold-seats.ts';
export type { HoldAnswer, HoldRequest, SeatHolder, SeatHolderOptions, StoredHold } from './hold-seats.ts';
export { blockSeats, type BlockOutcome } from './block-seats.ts';
