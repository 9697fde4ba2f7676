import { Type } from 'typebox';
import { readConfig } from '#platform/config';
import { databaseGroup, mailGroup, paymentGroup, processGroup, secretGroup, withPublicUrl } from '../config.ts';

export const workerSettings = Type.Object({
  ...databaseGroup,
  ...processGroup,
  ...paymentGroup,
  ...mailGroup,
  ...secretGroup,
  /** Long enough for a refund or a dispute to be settled the usual way; both still work afterwards. */
  ARCHIVE_AFTER_DAYS: Type.Integer({ minimum: 2, maximum: 3650, default: 45 }),
});

export type WorkerSettings = ReturnType<typeof readWorkerSettings>;

export function readWorkerSettings(env = process.env) {
  return readConfig(workerSettings, withPublicUrl(env));
}
