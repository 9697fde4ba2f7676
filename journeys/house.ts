import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { readLaptopSettings } from '../apps/laptop/config.ts';
import { startHouse } from '../apps/laptop/house.ts';
import { freePort } from '#platform/embedded-postgres';

/** What a journey has to know of the running product. */
export type HouseFacts = {
  apiUrl: string;
  mailboxUrl: string;
  sandboxUrl: string;
  databaseUrl: string;
  dataFolder: string;
  staffPassword: string;
  staffTotpSecret: string;
};

const ROOT = join(import.meta.dirname, '..');

/** The whole product as `npm start` runs it, on free ports, in a temporary folder, with a small demo programme. */
export async function startJourneyHouse(options: {
  print: (text: string) => void;
}): Promise<{ facts: HouseFacts; stop(): Promise<void> }> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'poltrona-journey-'));
  const [api, sandbox, mailbox, smtp] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const settings = readLaptopSettings(ROOT, {
    DATA_DIR: dataFolder,
    API_PORT: String(api),
    SANDBOX_PORT: String(sandbox),
    MAILBOX_PORT: String(mailbox),
    SMTP_PORT: String(smtp),
    ...(process.env['WEB_BUILD'] ? { WEB_BUILD: process.env['WEB_BUILD'] } : {}),
  });
  const house = await startHouse({
    root: ROOT,
    settings,
    smallDemo: true,
    say: options.print,
    onLine: (name, line) => {
      // What a journey provokes on purpose is a warning; an error of ours is worth seeing.
      if (/"level":[56]0/.test(line)) options.print(`[${name}] ${line}`);
    },
    onLost: (name, reason) => {
      throw new Error(`${name} is gone: ${reason}`);
    },
  });
  return {
    facts: {
      apiUrl: house.apiUrl,
      mailboxUrl: house.mailboxUrl,
      sandboxUrl: house.sandboxUrl ?? '',
      databaseUrl: house.databaseUrl,
      dataFolder,
      staffPassword: house.secrets.STAFF_PASSWORD,
      staffTotpSecret: house.secrets.STAFF_TOTP_SECRET,
    },
    stop: async () => {
      await house.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** The house that the test command started, or one of this file's own, so that a journey also runs alone. */
export async function journeyHouse(): Promise<HouseFacts> {
  const given = process.env['JOURNEY_HOUSE'];
  if (given) return JSON.parse(given) as HouseFacts;
  const own = await startJourneyHouse({ print: () => {} });
  after(() => own.stop());
  return own.facts;
}
