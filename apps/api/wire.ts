import { createAccounts } from '#capabilities/accounts';
import { ADMISSION_RULES } from '#capabilities/admission';
import { createSeatHolder } from '#capabilities/holds';
import { awaitPayment, confirmAllPaid, orderChanged, refundOrder } from '#capabilities/orders';
import { createPayments } from '#capabilities/payments';
import { systemClock } from '#platform/clock';
import type { Log } from '#platform/log';
import type { Database } from '#platform/postgres';
import { createReader, primaryAsReader, type Reader } from '#platform/replica';
import { paymentProviders } from '../payment-providers.ts';
import { ticketKeysOf } from '../ticket-keys.ts';
import type { ApiDeps } from './build-api.ts';
import type { ApiSettings } from './config.ts';
import { createHotRoutes } from './hot/hot-routes.ts';
import { createHoldDesk } from './hold-desk.ts';
import { createOrderFeed } from './live/order-feed.ts';
import { createSeatMaps } from './live/seat-maps.ts';
import { createStreams } from './live/streams.ts';
import { createReading } from './reading/reading.ts';
import { registerAccountRoutes } from './routes/accounts.ts';
import { registerAdminRoutes } from './routes/admin.ts';
import { registerDoorRoutes } from './routes/door.ts';
import { registerImportRoutes } from './routes/imports.ts';
import { registerOrderRoutes } from './routes/orders.ts';
import { registerPaymentRoutes } from './routes/payments.ts';
import { registerScreeningRoutes } from './routes/screenings.ts';
import { registerSearchRoutes } from './routes/search.ts';
import { registerSeatRoutes } from './routes/seats.ts';
import { registerStaffRoutes } from './routes/staff.ts';
import { registerTicketRoutes } from './routes/tickets.ts';
import { registerWebhookRoutes } from './routes/webhooks.ts';
import { sessionCookie } from './sign-in-answer.ts';

export type WiredApi = Pick<ApiDeps, 'resolveSession' | 'routes' | 'dependencies'> &
  Required<Pick<ApiDeps, 'hotRoutes'>> & { close(): Promise<void> };

/** Makes the capabilities that the routes need, and says in which order they are let go. */
export async function wireApi(deps: { db: Database; settings: ApiSettings; log: Log }): Promise<WiredApi> {
  const { db, settings, log } = deps;
  const clock = systemClock;
  const streams = createStreams();
  const accounts = createAccounts({
    db,
    log,
    clock,
    cpfHmacKey: settings.CPF_HMAC_KEY,
    cpfEncryptionKey: settings.CPF_ENCRYPTION_KEY,
    onRevoked: (accountId) => streams.endOf(accountId),
  });
  await accounts.start();
  const seatHolder = createSeatHolder({
    connectionString: settings.DATABASE_URL,
    holdSeconds: Math.round(settings.HOLD_MINUTES * 60),
    applicationName: 'poltrona api',
  });
  const holdDesk = createHoldDesk({ db, seatHolder, clock });
  const seatMaps = await createSeatMaps({ db, log, clock });
  const reading = await createReading({ db, log, clock });
  const orderFeed = await createOrderFeed({ db, log });
  const payments = createPayments({
    db,
    log,
    clock,
    orders: { awaitPayment, confirmAllPaid, refundOrder, orderChanged },
    ...paymentProviders(settings),
  });
  const reader = readerOf(deps);
  const keys = ticketKeysOf(settings);
  const people = { db, accounts, cookie: sessionCookie(settings.PUBLIC_URL) };
  return {
    resolveSession: accounts.resolveSession,
    routes: [
      (api) => registerSearchRoutes(api, { reading }),
      (api) => registerScreeningRoutes(api, { reading }),
      (api) => registerSeatRoutes(api, { db, seatMaps, holdDesk, streams }),
      (api) => registerOrderRoutes(api, { db, orderFeed, streams }),
      (api) => registerPaymentRoutes(api, { db, payments }),
      (api) => registerWebhookRoutes(api, { payments }),
      (api) => registerAccountRoutes(api, people),
      (api) => registerStaffRoutes(api, people),
      (api) => registerTicketRoutes(api, { db, keys }),
      (api) => registerDoorRoutes(api, { db, keys, rules: ADMISSION_RULES }),
      (api) => registerAdminRoutes(api, { db, reader }),
      (api) => registerImportRoutes(api, { db, log, streams, dataDir: settings.DATA_DIR }),
    ],
    hotRoutes: (api, pages) =>
      createHotRoutes({
        api,
        clock,
        seatMaps,
        holdDesk,
        peekSession: accounts.peekSession,
        resolveSession: accounts.resolveSession,
        peekPage: (url) => reading.peek(url),
        peekWebPage: pages.peek,
        trustProxy: settings.TRUST_PROXY,
      }),
    dependencies: [
      { name: 'liveSeats', ready: () => seatMaps.listening() },
      { name: 'programme', ready: () => reading.listening() },
    ],
    close: async () => {
      streams.close();
      await Promise.all([orderFeed.close(), seatMaps.close(), reading.close(), accounts.close()]);
      await Promise.all([seatHolder.close(), payments.close()]);
      await reader.close();
    },
  };
}

/**
 * For reads that may lag some seconds. Never for holds, orders, payments, sessions, keys, the door and seat maps: they
 * decide, or must show a person what that person has just done.
 */
function readerOf({ db, settings, log }: { db: Database; settings: ApiSettings; log: Log }): Reader {
  if (!settings.DATABASE_REPLICA_URL) return primaryAsReader(db);
  return createReader({
    primary: db,
    replicaUrl: settings.DATABASE_REPLICA_URL,
    connectionsMax: settings.DATABASE_CONNECTIONS_MAX,
    lagMsMax: settings.DATABASE_REPLICA_LAG_MS_MAX,
    applicationName: 'poltrona api reader',
    log,
  });
}
