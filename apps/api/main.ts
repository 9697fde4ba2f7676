import { createLog } from '#platform/log';
import { stopOnSignal } from '#platform/lifecycle';
import { createDatabase } from '#platform/postgres';
import { missingFlags } from '../node-flags.ts';
import { buildApi } from './build-api.ts';
import { readApiSettings } from './config.ts';
import { wireApi } from './wire.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

const settings = readApiSettings();
const log = createLog({ process: 'api', level: settings.LOG_LEVEL });
const flags = missingFlags(process.execArgv);
if (flags.length > 0) log.warn({ flags }, 'started without flags of apps/node-flags.ts: slow in a rush');
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

// After a restart ten thousand pages come back within seconds: over Node's 511 waiting, the kernel drops who knocks, who
// then tries again after 1, 3 and 7 s. The kernel's own limit (net.core.somaxconn) is 4,096 by default.
const BACKLOG = 4_096;
await api.listen({ port: settings.API_PORT, host: settings.API_HOST, backlog: BACKLOG });
log.info({ port: settings.API_PORT }, 'listening');
