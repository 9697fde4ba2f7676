export { registerScreenings, resolveScreenings } from './register-screenings.ts';
export type {
  RegisteredScreening,
  ResolvedScreening,
  ScreeningRecord,
  ScreeningRefusal,
} from './register-screenings.ts';
export { SALES_CHANNEL, type SalesStatusOutcome, setSalesStatus } from './pause-sales.ts';
