import { Type } from 'typebox';
import { readConfig } from '#platform/config';
import { databaseGroup, mailGroup, paymentGroup, processGroup, secretGroup, withPublicUrl } from '../config.ts';

export const workerSettings = Type.Object({
  ...databaseGroup,
  ...processGroup,
  ...paymentGroup,
  ...mailGroup,
  ...secretGroup,
});

export type WorkerSettings = ReturnType<typeof readWorkerSettings>;

export function readWorkerSettings(env = process.env) {
  return readConfig(workerSettings, withPublicUrl(env));
}
