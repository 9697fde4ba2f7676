import { printBanner } from './banner.ts';
import { isStartedByNpm, loadEnvFile, readLaptopSettings } from './config.ts';
import { Fault } from '#platform/fault';
import { readableLine } from './readable-line.ts';
import { type House, startHouse } from './house.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const print = (text: string) => process.stdout.write(`${text}\n`);

/** Ctrl-C reaches a terminal's whole group, and npm passes it on to us again: that is one wish, not two. */
const ONE_WISH_MS = 1_000;
const PARENT_CHECK_MS = 500;

const ending = new AbortController();
let starting: Promise<House> | null = null;
let endingSince = 0;

/** Everything started so far is stopped in order, whatever the reason. A second Ctrl-C does not wait. */
async function end(reason: string | null, code: number): Promise<void> {
  if (ending.signal.aborted) {
    if (performance.now() - endingSince > ONE_WISH_MS) process.exit(1);
    return;
  }
  endingSince = performance.now();
  ending.abort();
  print(reason ? `\n${reason}` : '\nStopping …');
  // Started or not: a start that is cut short stops what it started before it rejects.
  const house = await starting?.catch((error: unknown) => {
    if (error !== ending.signal.reason) complain(error as Error);
    return null;
  });
  await house?.stop().catch(complain);
  print('Stopped.');
  process.exit(code);
}

const complain = (error: Error) => print(`Not everything stopped cleanly: ${error.message}`);

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void end(null, 0));
if (isStartedByNpm()) {
  // npm passes signals on to a shell, which may die of them without telling us, or npm is killed outright.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && !ending.signal.aborted && void end(null, 0), PARENT_CHECK_MS).unref();
}

const began = performance.now();
try {
  loadEnvFile(ROOT);
  const settings = readLaptopSettings(ROOT);
  print('Starting Poltrona …');
  starting = startHouse({
    root: ROOT,
    settings,
    signal: ending.signal,
    say: (text) => ending.signal.aborted || print(`  ${text}`),
    onLine: (name, line) => {
      const readable = readableLine(name, line);
      if (readable) print(readable);
    },
    onLost: (name, reason) => void end(`${name} is gone (${reason}); stopping everything.`, 1),
  });
  const house = await starting;
  if (!ending.signal.aborted) {
    printBanner(house, { print, seconds: (performance.now() - began) / 1_000, demo: settings.DEMO });
  }
} catch (error) {
  // Ended while starting: end() is at work and exits.
  if (!ending.signal.aborted) {
    // A fault says itself what to do; anything else is a bug, and its trace helps.
    print(`\n${error instanceof Fault || isSettingsError(error) ? error.message : String((error as Error).stack)}`);
    process.exit(1);
  }
}

function isSettingsError(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('Settings are not valid');
}
