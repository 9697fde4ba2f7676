import { printBanner } from './banner.ts';
import { loadEnvFile, readLaptopSettings } from './config.ts';
import { Fault } from '#platform/fault';
import { readableLine } from './readable-line.ts';
import { type House, startHouse } from './house.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const print = (text: string) => process.stdout.write(`${text}\n`);

let house: House | null = null;
let ending = false;

/** Everything is stopped in order, whatever the reason. A second Ctrl-C does not wait. */
async function end(reason: string | null, code: number): Promise<void> {
  if (ending) return process.exit(1);
  ending = true;
  print(reason ? `\n${reason}` : '\nStopping …');
  await house?.stop().catch((error: Error) => print(`Not everything stopped cleanly: ${error.message}`));
  print('Stopped.');
  process.exit(code);
}

process.on('SIGINT', () => void end(null, 0));
process.on('SIGTERM', () => void end(null, 0));
process.on('SIGHUP', () => void end(null, 0));

const began = performance.now();
try {
  loadEnvFile(ROOT);
  const settings = readLaptopSettings(ROOT);
  print('Starting Poltrona …');
  house = await startHouse({
    root: ROOT,
    settings,
    say: (text) => print(`  ${text}`),
    onLine: (name, line) => {
      const readable = readableLine(name, line);
      if (readable) print(readable);
    },
    onLost: (name, reason) => void end(`${name} is gone (${reason}); stopping everything.`, 1),
  });
  if (ending) await house.stop();
  else printBanner(house, { print, seconds: (performance.now() - began) / 1_000, demo: settings.DEMO });
} catch (error) {
  // A fault says itself what to do; anything else is a bug, and its trace helps.
  print(`\n${error instanceof Fault || isSettingsError(error) ? error.message : String((error as Error).stack)}`);
  process.exit(1);
}

function isSettingsError(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith('Settings are not valid');
}
