import { join } from 'node:path';
import pino from 'pino';
import { Secret, TOTP } from 'otpauth';
import { accountKeys, createAccounts, createStaff } from '#capabilities/accounts';
import { newTicketSigningKey } from '#capabilities/tickets';
import { freePort } from '#platform/embedded-postgres';
import { newSecret } from '#platform/ids';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { ROOT } from '#testing/database';
import { aCpf, anEmail, signedInBuyer, TEST_KEYS } from '#testing/people';
import { readLaptopSettings } from '../../apps/laptop/config.ts';
import { childEnvironment, housePlan } from '../../apps/laptop/environment.ts';
import { keepSecrets } from '../../apps/laptop/secrets.ts';
import { until } from '../../journeys/api-person.ts';
import { API_NODE_FLAGS } from '../../apps/node-flags.ts';
import { keep, type Kept } from './process.ts';
import { type KillableServer, startKillableServer } from './server.ts';
import { createWire, type Wire } from './wire.ts';

/** The whole product as its operators run it: two API processes, worker, payment sandbox, mail catcher, PostgreSQL. */
export type CrashHouse = {
  server: KillableServer;
  /** Straight to the database: the bench's own eyes, which no fault touches but those of PostgreSQL itself. */
  db: Database;
  apis: readonly Kept[];
  worker: Kept;
  sandbox: Kept;
  /** Before each API process; buyers go through these. */
  apiWires: readonly Wire[];
  /** Between API or worker and PostgreSQL. */
  databaseWire: Wire;
  sandboxUrl: string;
  publishableKey: string;
  staff: { email: string; password: string; totp(): string };
  stop(): Promise<void>;
};

export type HouseOptions = {
  folder: string;
  /** By API process: one may be long enough for a Pix code (75 s), the other short enough to expire in the run. */
  holdMinutes: readonly number[];
  onLine: (line: string) => void;
};

const START_MS_MAX = 120_000;

type Undo = (() => Promise<void> | void)[];

/** What was started by then is stopped when a later step fails. */
export async function startCrashHouse(options: HouseOptions): Promise<CrashHouse> {
  const undo: Undo = [];
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return { ...(await startInOrder(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startInOrder(options: HouseOptions, undo: Undo): Promise<Omit<CrashHouse, 'stop'>> {
  const server = await startKillableServer(join(options.folder, 'data'));
  undo.push(() => server.stop());
  const db = createDatabase({ connectionString: server.url, connectionsMax: 4, statementTimeoutMs: 30_000 });
  undo.push(() => db.close());
  await migrate(db, ROOT);
  const apiPorts = await Promise.all(options.holdMinutes.map(() => freePort()));
  const wire = async (target: () => number) => {
    const made = await createWire(target);
    undo.push(() => made.close());
    return made;
  };
  const apiWires = await Promise.all(apiPorts.map((port) => wire(() => port)));
  let turn = 0;
  const balancer = await wire(() => apiPorts[(turn += 1) % apiPorts.length]!);
  const databaseWire = await wire(() => server.port);
  const { settings, sandboxUrl } = await settingsOf(options.folder, server.url, balancer.port, databaseWire.port);
  const start = (main: string, more: Record<string, string> = {}, name = main) => {
    const kept = keep({
      name,
      main: `apps/${main}/main.ts`,
      flags: main === 'api' ? API_NODE_FLAGS : [],
      environment: { ...settings, ...more },
      onLine: options.onLine,
    });
    undo.push(() => kept.stop());
    return kept;
  };
  start('mailbox');
  const sandbox = start('payment-sandbox');
  const worker = start('worker');
  const apis = apiPorts.map((port, n) =>
    start('api', { API_PORT: String(port), HOLD_MINUTES: String(options.holdMinutes[n]) }, `api ${n}`),
  );
  const publishableKey = settings['STRIPE_PUBLISHABLE_KEY']!;
  const health = [`${sandboxUrl}/sandbox/health`, ...apiPorts.map((port) => `http://127.0.0.1:${port}/api/health`)];
  const [staff] = await Promise.all([
    aManager(db),
    ...health.map((url) => until(() => answersOk(url), Boolean, START_MS_MAX)),
  ]);
  return { server, db, apis, worker, sandbox, apiWires, databaseWire, sandboxUrl, publishableKey, staff };
}

/** The laptop's own settings and keys, with free ports, the wire before the database, and the tests' CPF keys. */
async function settingsOf(folder: string, databaseUrl: string, webhookPort: number, databasePort: number) {
  const [sandbox, mailbox, smtp] = await Promise.all([freePort(), freePort(), freePort()]);
  const laptop = readLaptopSettings(ROOT, {
    DATA_DIR: folder,
    API_PORT: String(webhookPort),
    SANDBOX_PORT: String(sandbox),
    MAILBOX_PORT: String(mailbox),
    SMTP_PORT: String(smtp),
    LOG_LEVEL: 'error',
    DEMO: 'false',
  });
  const plan = housePlan(laptop, await keepSecrets(folder));
  const url = new URL(databaseUrl);
  url.port = String(databasePort);
  const settings = childEnvironment({
    ...plan.common,
    DATABASE_URL: url.href,
    DATABASE_CONNECTIONS_MAX: '8',
    CPF_HMAC_KEY: TEST_KEYS.cpfHmacKey,
    CPF_ENCRYPTION_KEY: TEST_KEYS.cpfEncryptionKey,
    TICKET_SIGNING_KEY: newTicketSigningKey(),
    // Buyers come from addresses of their own: the limits per address are not what is tried here.
    TRUST_PROXY: 'true',
  });
  return { settings, sandboxUrl: plan.sandboxUrl! };
}

async function aManager(db: Database) {
  const person = { email: 'gerente@poltrona.example', name: 'Gerência', role: 'manager' as const };
  const password = newSecret();
  const secret = new Secret({ size: 20 });
  await createStaff(db, { ...person, password }, { keys: accountKeys(TEST_KEYS), totpSecret: secret.base32 });
  return { email: person.email, password, totp: () => new TOTP({ secret, digits: 6, period: 30 }).generate() };
}

export type Buyer = { name: string; accountId: string; tokens: string[] };

/** Signed-in buyers, each with a CPF of their own, `sessions` devices each; made before the load begins. */
export async function makeBuyers(db: Database, names: readonly string[], sessions: number): Promise<Buyer[]> {
  const accounts = createAccounts({ db, log: pino({ level: 'silent' }), ...TEST_KEYS });
  const buyers: Buyer[] = [];
  for (const name of names) {
    const email = anEmail();
    const tokens: string[] = [];
    let accountId = '';
    for (let n = 0; n < sessions; n += 1) {
      const signedIn = await signedInBuyer(db, accounts, email);
      accountId = signedIn.accountId;
      tokens.push(signedIn.token);
    }
    await db.transaction((tx) => accounts.bindCpf(tx, { accountId, cpf: aCpf(), name: 'Maria das Dores' }));
    buyers.push({ name, accountId, tokens });
  }
  // Their sign-in codes have been read; nobody needs the mails.
  await db.rows(`delete from notifications.emails where template = 'sign_in_code'`);
  return buyers;
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false;
  }
}
