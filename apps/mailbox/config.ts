import { Type } from 'typebox';
import { readConfig } from '#platform/config';
import { portGroup, processGroup } from '../config.ts';

const mailboxSettings = Type.Object({
  LOG_LEVEL: processGroup.LOG_LEVEL,
  SMTP_PORT: portGroup.SMTP_PORT,
  MAILBOX_PORT: portGroup.MAILBOX_PORT,
  DATA_DIR: Type.String({ default: '.data' }),
});

export function readMailboxSettings(env = process.env) {
  return readConfig(mailboxSettings, env);
}
