import { join } from 'node:path';
import { connect } from 'node:net';
import { accountKeys, createStaff } from '#capabilities/accounts';
import { demoInWords, loadDemo } from '../../database/demo/load-demo.ts';
import { sellDemo } from '../../database/demo/sell-demo.ts';
import { portTaken, startEmbeddedPostgres } from '#platform/embedded-postgres';
import { Fault } from '#platform/fault';
import { makeFolder } from '#platform/make-folder';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { API_NODE_FLAGS } from '../node-flags.ts';
import { buildWebWhenNeeded } from './build-web.ts';
import { type Children, type ChildPlan, superviseChildren } from './children.ts';
import type { LaptopSettings } from './config.ts';
import { apiPorts, childEnvironment, housePlan } from './environment.ts';
import { keepSecrets, type LaptopSecrets, writePrivately } from './secrets.ts';

export type House = {
  apiUrl: string;
  mailboxUrl: string;
  sandboxUrl: string | null;
  databaseUrl: string;
  secrets: LaptopSecrets;
  /** Everything in the reverse order of starting; the database last. */
  stop(): Promise<void>;
};

export type HouseOptions = {
  root: string;
  settings: LaptopSettings;
  say: (text: string) => void;
  onLine: (name: string, line: string) => void;
  onLost: (name: string, reason: string) => void;
  /** Fewer theaters and no invented sales: what journeys need, in a second. */
  smallDemo?: boolean;
  /** Ends a start half-way: what runs by then is stopped before startHouse rejects. */
  signal?: AbortSignal;
};

export const STAFF = [
  { email: 'admin@poltrona.example', name: 'Administração', role: 'administrator' },
  { email: 'gerente@poltrona.example', name: 'Gerência', role: 'manager' },
  { email: 'porteiro@poltrona.example', name: 'Portaria', role: 'usher' },
] as const;

/** The whole product in one process tree. What goes wrong on the way is said, and what was started is stopped. */
export async function startHouse(options: HouseOptions): Promise<House> {
  const undo: Undo = [];
  const stop = () => undoAll(undo);
  try {
    return { ...(await startInOrder(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Undo = (() => Promise<void>)[];

/** One that fails does not keep the others from stopping; the first failure is told in the end. */
async function undoAll(undo: Undo): Promise<void> {
  const failures: unknown[] = [];
  for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function startInOrder(options: HouseOptions, undo: Undo): Promise<Omit<House, 'stop'>> {
  const { root, settings, say } = options;
  const unlessStopped = <T>(step: Promise<T>) => orStopped(step, options.signal);
  await prepareDataFolder(settings.DATA_DIR);
  const secrets = await keepSecrets(settings.DATA_DIR);
  const plan = housePlan(settings, secrets);
  refuseSharedPorts(plan.ports);
  await refuseTakenPorts(plan.ports);
  const webBuilt = settings.WEB_BUILD ? buildInBackground(root, undo) : Promise.resolve(false);
  // A server half-way up cannot be stopped well: this step is awaited to its end, whatever the signal says.
  const databaseUrl = settings.DATABASE_URL ?? (await startDatabase(options, secrets, undo));
  options.signal?.throwIfAborted();
  await writePrivately(join(settings.DATA_DIR, 'database.json'), { url: databaseUrl });
  const db = createDatabase({ connectionString: databaseUrl, connectionsMax: 4, statementTimeoutMs: 120_000 });
  undo.push(() => db.close());
  await prepareDatabase(db, options);
  options.signal?.throwIfAborted();
  if (settings.DEMO) await unlessStopped(prepareDemo(db, options, plan.common, secrets));
  say(`Web application: ${(await unlessStopped(webBuilt)) ? 'built' : 'up to date'}.`);
  const children = superviseChildren({ ...options, preload: join(root, 'apps/laptop/follow-parent.ts') });
  undo.push(() => children.stop());
  await unlessStopped(startChildren(children, options, { ...plan.common, DATABASE_URL: databaseUrl }));
  if (settings.DEMO && !options.smallDemo) sellInBackground(db, options, undo);
  return {
    apiUrl: plan.common['PUBLIC_URL']!,
    mailboxUrl: plan.mailboxUrl,
    sandboxUrl: plan.sandboxUrl,
    databaseUrl,
    secrets,
  };
}

/** The step, or a rejection as soon as the signal comes; the step then fails by itself when its things are stopped. */
async function orStopped<T>(step: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return step;
  step.catch(() => {});
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(signal.reason);
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    return await Promise.race([step, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function buildInBackground(root: string, undo: Undo): Promise<boolean> {
  const ending = new AbortController();
  const built = buildWebWhenNeeded(root, ending.signal);
  undo.push(async () => {
    ending.abort();
    await built.catch(() => {});
  });
  // Awaited by the caller later; a failure before that must not count as unhandled.
  built.catch(() => {});
  return built;
}

async function prepareDataFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder, 0o700);
    await writePrivately(join(folder, 'writable.json'), { checked: true });
  } catch (error) {
    throw new Fault('folder_not_writable', {
      retryable: false,
      cause: error,
      message: `The data folder ${folder} cannot be written (${(error as Error).message}). Set DATA_DIR to another.`,
    });
  }
}

function refuseSharedPorts(ports: { variable: string; port: number }[]): void {
  for (const [port, sharing] of Map.groupBy(ports, (each) => each.port)) {
    if (sharing.length < 2 || port === 0) continue;
    throw new Fault('port_shared', {
      retryable: false,
      message: `${sharing.map((each) => each.variable).join(' and ')} are all set to port ${port}: give each its own.`,
    });
  }
}

async function refuseTakenPorts(ports: { variable: string; port: number; host: string }[]): Promise<void> {
  for (const { variable, port, host } of ports) {
    if (!(await portTaken(port, host))) continue;
    throw new Fault('port_taken', {
      retryable: false,
      message: `Port ${port} is taken by another program. Stop that, or choose another: ${variable}=${port + 1000} npm start`,
    });
  }
}

async function startDatabase(options: HouseOptions, secrets: LaptopSecrets, undo: Undo): Promise<string> {
  const { settings, say, onLine, onLost } = options;
  const server = await startEmbeddedPostgres({
    folder: join(settings.DATA_DIR, 'postgresql'),
    port: settings.DATABASE_PORT,
    password: secrets.DATABASE_PASSWORD,
    database: 'poltrona',
    // Each API process may open 10, besides its seat writer's two to six and what it listens on.
    settings: { max_connections: String(100 + 20 * settings.API_PROCESSES) },
    onLog: (line) => onLine('postgresql', line),
  });
  let stopping = false;
  void server.exited.then(() => stopping || onLost('postgresql', 'it ended'));
  undo.push(() => {
    stopping = true;
    return server.stop();
  });
  say('PostgreSQL 18: running.');
  return server.url;
}

async function prepareDatabase(db: Database, options: HouseOptions): Promise<void> {
  const applied = await migrate(db, options.root);
  options.say(`Database: ${applied.migrations} migrations and ${applied.sources} functions applied.`);
}

async function prepareDemo(
  db: Database,
  options: HouseOptions,
  environment: Record<string, string>,
  secrets: LaptopSecrets,
): Promise<void> {
  const loaded = await loadDemo(db, options.smallDemo ? { theatersMax: 2 } : {});
  options.say(`Demo programme: ${demoInWords(loaded)}.`);
  const keys = accountKeys({
    cpfHmacKey: environment['CPF_HMAC_KEY']!,
    cpfEncryptionKey: environment['CPF_ENCRYPTION_KEY']!,
  });
  for (const person of STAFF) {
    const secondFactor = { keys, totpSecret: secrets.STAFF_TOTP_SECRET };
    await createStaff(db, { ...person, password: secrets.STAFF_PASSWORD }, secondFactor);
  }
}

/** In the order in which they need one another; the API comes last, so that its health speaks for all. */
async function startChildren(
  children: Children,
  options: HouseOptions,
  environment: Record<string, string>,
): Promise<void> {
  const { settings } = options;
  const port = (name: string) => Number(environment[name]);
  const plans: (ChildPlan | null)[] = [
    { name: 'mailbox', ready: () => listens(port('MAILBOX_PORT')), restart: true, main: 'apps/mailbox/main.ts' },
    settings.STRIPE_SECRET_KEY || settings.PAYPAL_CLIENT_ID
      ? null
      : {
          name: 'payment-sandbox',
          ready: () => listens(port('SANDBOX_PORT')),
          restart: true,
          main: 'apps/payment-sandbox/main.ts',
        },
    { name: 'worker', ready: 'message', restart: true, main: 'apps/worker/main.ts' },
    ...apiPorts(settings).map((apiPort, index) => ({
      name: index === 0 ? 'api' : `api-${index + 1}`,
      ready: () => answersOk(apiPort),
      restart: true,
      main: 'apps/api/main.ts',
      flags: API_NODE_FLAGS,
      own: { API_PORT: String(apiPort) },
    })),
  ].map(
    (plan) =>
      plan && {
        ...plan,
        ready: plan.ready as ChildPlan['ready'],
        environment: childEnvironment({ ...environment, ...('own' in plan ? plan.own : {}) }),
      },
  );
  for (const plan of plans) if (plan) await children.start(plan);
}

function sellInBackground(db: Database, options: HouseOptions, undo: Undo): void {
  const ending = new AbortController();
  const selling = sellDemo(db, ending.signal).catch((error: Error) => {
    if (!ending.signal.aborted) options.say(`Demo sales were not made: ${error.message}`);
  });
  undo.push(async () => {
    ending.abort();
    await selling;
  });
}

async function answersOk(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/health`);
  await answer.arrayBuffer();
  return answer.ok;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
