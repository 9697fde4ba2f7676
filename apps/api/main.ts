import { createLog } from '#platform/log';
import { stopOnSignal } from '#platform/lifecycle';
import { createDatabase } from '#platform/postgres';
import { buildApi } from './build-api.ts';
import { readApiSettings } from './config.ts';
import { wireApi } from './wire.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

const settings = readApiSettings();
const log = createLog({ process: 'api', level: settings.LOG_LEVEL });
const db = createDatabase({
  connectionString: settings.DATABASE_URL,
  connectionsMax: settings.DATABASE_CONNECTIONS_MAX,
  applicationName: 'poltrona api',
});
const wired = await wireApi({ db, settings, log });
const api = await buildApi({ log, db, root: ROOT, settings, ...wired });

stopOnSignal(log, async () => {
  await api.close();
  await wired.close();
  await db.close();
});

await api.listen({ port: settings.API_PORT, host: settings.API_HOST });
log.info({ port: settings.API_PORT }, 'listening');
