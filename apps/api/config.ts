import { Type } from 'typebox';
import { readConfig, Switch } from '#platform/config';
import {
  databaseGroup,
  mailGroup,
  paymentGroup,
  portGroup,
  processGroup,
  replicaGroup,
  ruleGroup,
  secretGroup,
  withPublicUrl,
} from '../config.ts';

export const apiSettings = Type.Object({
  ...databaseGroup,
  ...replicaGroup,
  ...processGroup,
  ...paymentGroup,
  ...mailGroup,
  ...secretGroup,
  ...ruleGroup,
  API_PORT: portGroup.API_PORT,
  API_HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on; 0.0.0.0 in a container' }),
  TRUST_PROXY: Switch(false),
  DATA_DIR: Type.String({ default: '.data', description: 'Where uploaded files wait for their import' }),
  DEMO: Switch(false),
  MAILBOX_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
});

export type ApiSettings = ReturnType<typeof readApiSettings>;

export function readApiSettings(env = process.env) {
  return readConfig(apiSettings, withPublicUrl(env));
}
