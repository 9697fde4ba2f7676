export { createAccounts, type Accounts, type AccountsDeps } from './accounts.ts';
export type { BindAnswer } from './bind-cpf.ts';
export { CODE_MINUTES, type CodeAnswer, type Locale, normalEmail } from './buyer-sign-in.ts';
export { deviceName } from './device.ts';
export { accountKeys, type AccountKeys } from './keys.ts';
export type { EraseOutcome } from './personal-data.ts';
export { forgetOldSessions, signInKeyOf } from './sessions.ts';
export { createStaff, PASSWORD_LENGTH_MIN, type SecondFactorAnswer } from './staff-sign-in.ts';
export { forgetOldAttempts, LIMITS, type Limit, type Limits } from './throttle.ts';
