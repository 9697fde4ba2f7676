export { createSeatHolder } from './hold-seats.ts';
export type { HoldAnswer, HoldRequest, SeatHolder, SeatHolderOptions, StoredHold } from './hold-seats.ts';
export { type ArchiveOutcome, type ArchiverLimits, type ArchiveTurn, createArchiver } from './archive-screenings.ts';
export { blockSeats, type BlockOutcome } from './block-seats.ts';
export { type BestSeats, bestSeats } from './best-seats.ts';
export { readSale, readScreening, saleState, type ScreeningToSell } from './read-screening.ts';
export { readSeatRows, type SeatRow, type SeatRows } from './read-seats.ts';
export { eachChange, parseNotice } from './seat-notice.ts';
export { createOccupancy, type Occupancy } from './occupancy.ts';
