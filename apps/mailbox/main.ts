import { join } from 'node:path';
import { stopOnSignal } from '#platform/lifecycle';
import { createLog } from '#platform/log';
import { readMailboxSettings } from './config.ts';
import { startMailbox } from './mailbox.ts';

const settings = readMailboxSettings();
const log = createLog({ process: 'mailbox', level: settings.LOG_LEVEL });
const mailbox = await startMailbox({
  log,
  smtpPort: settings.SMTP_PORT,
  pagePort: settings.MAILBOX_PORT,
  folder: join(settings.DATA_DIR, 'mailbox'),
});

stopOnSignal(log, () => mailbox.close());
log.info({ smtpPort: mailbox.smtpPort, pagePort: mailbox.pagePort }, 'listening');
process.send?.('ready');
