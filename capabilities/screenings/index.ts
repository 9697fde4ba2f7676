export { registerScreenings } from './register-screenings.ts';
export type { RegisteredScreening, ScreeningRecord, ScreeningRefusal } from './register-screenings.ts';
export { type SalesStatusOutcome, setSalesStatus } from './pause-sales.ts';
