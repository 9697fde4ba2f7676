import { accountKeys } from '#capabilities/accounts';
import { createArchiver } from '#capabilities/holds';
import { resumeStaleRuns } from '#capabilities/imports';
import { createNotifications, smtpTransport } from '#capabilities/notifications';
import { awaitPayment, confirmAllPaid, expireOrders, orderChanged, refundOrder } from '#capabilities/orders';
import { createPayments } from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import { stopOnSignal } from '#platform/lifecycle';
import { createLog } from '#platform/log';
import { startLoop } from '#platform/loop';
import { createRelay } from '#platform/outbox-relay';
import { createDatabase } from '#platform/postgres';
import { paymentProviders } from '../payment-providers.ts';
import { ticketKeysOf } from '../ticket-keys.ts';
import { archiveLoop } from './archive.ts';
import { readWorkerSettings } from './config.ts';
import { forgetOld } from './forget.ts';

const TELL_AT_ONCE = 200;
const EXPIRE_AT_ONCE = 500;
const RECONCILE_AT_ONCE = 20;
const MAILS_AT_ONCE = 50;
// Ten screenings a second: 36,000 an hour, more than any programme ends in a day.
const ARCHIVE_EVERY_MS = 2_000;
const ARCHIVE_AT_ONCE = 20;
const ARCHIVE_LOOKS = 500;

const settings = readWorkerSettings();
const log = createLog({ process: 'worker', level: settings.LOG_LEVEL });
const db = createDatabase({
  connectionString: settings.DATABASE_URL,
  connectionsMax: settings.DATABASE_CONNECTIONS_MAX,
  applicationName: 'poltrona worker',
});
const payments = createPayments({
  db,
  log,
  clock: systemClock,
  orders: { awaitPayment, confirmAllPaid, refundOrder, orderChanged },
  ...paymentProviders(settings),
});
const keys = accountKeys({ cpfHmacKey: settings.CPF_HMAC_KEY, cpfEncryptionKey: settings.CPF_ENCRYPTION_KEY });
const notifications = await createNotifications({
  db,
  log,
  publicUrl: settings.PUBLIC_URL,
  from: settings.MAIL_FROM,
  ticketKeys: ticketKeysOf(settings),
  openSecret: (sealed, context) => keys.mailSealer.open(sealed, context),
});
const archiver = createArchiver({
  db,
  limits: {
    afterDays: settings.ARCHIVE_AFTER_DAYS,
    looksPerTurn: ARCHIVE_LOOKS,
    movesPerTurn: ARCHIVE_AT_ONCE,
  },
});
const transport = smtpTransport(settings.SMTP_URL);
const relay = createRelay({
  db,
  log,
  handlers: Object.fromEntries(Object.entries(notifications.handlers).map(([topic, handle]) => [topic, [handle]])),
  nowMs: () => systemClock.now().getTime(),
});

const loops = [
  startLoop({ name: 'relay', everyMs: 250, log, work: () => relay.tell(TELL_AT_ONCE) }),
  startLoop({
    name: 'mail',
    everyMs: 500,
    log,
    work: async () => {
      const done = await notifications.deliverEmails(transport, MAILS_AT_ONCE);
      return done.sent + done.retried + done.failed === MAILS_AT_ONCE;
    },
  }),
  startLoop({
    name: 'resume imports',
    everyMs: 5_000,
    log,
    work: async () => {
      await resumeStaleRuns(db);
      return false;
    },
  }),
  startLoop({
    name: 'expire orders',
    everyMs: 2_000,
    log,
    work: async () => (await expireOrders(db, EXPIRE_AT_ONCE)) === EXPIRE_AT_ONCE,
  }),
  startLoop({
    name: 'reconcile payments',
    everyMs: 3_000,
    log,
    work: async () => {
      const done = await payments.reconcile(RECONCILE_AT_ONCE);
      return done.attempts + done.refunds >= RECONCILE_AT_ONCE;
    },
  }),
  startLoop({ name: 'archive', everyMs: ARCHIVE_EVERY_MS, log, work: archiveLoop(archiver, log) }),
  startLoop({ name: 'forget', everyMs: 10 * 60_000, log, work: () => forgetOld(db) }),
];

stopOnSignal(log, async () => {
  await Promise.all(loops.map((loop) => loop.stop()));
  await payments.close();
  transport.close();
  await db.close();
});
process.send?.('ready');
log.info({ loops: loops.length }, 'working');
