import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { buildWebWhenNeeded } from '../apps/laptop/build-web.ts';
import { startJourneyHouse } from '../journeys/house.ts';
import { startServer } from '#testing/database';

// npm test: everything that has to be true before anybody else sees a change. `npm test -- tidy types` runs some of it.

const ROOT = join(import.meta.dirname, '..');

type Section = { name: string; run: () => Promise<boolean> };

const node = (args: string[], environment: Record<string, string> = {}) => command(process.execPath, args, environment);

const sections: Section[] = [
  { name: 'tidy', run: () => node(['--test', '--test-reporter=dot', 'tools/tidy.test.ts']) },
  { name: 'types', run: () => node(['node_modules/typescript7/bin/tsc', '-p', 'tsconfig.json']) },
  { name: 'lint', run: () => node(['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings']) },
  { name: 'format', run: () => node(['node_modules/@biomejs/biome/bin/biome', 'format']) },
  { name: 'web', run: buildWeb },
  { name: 'tests', run: runTests },
  { name: 'journeys', run: runJourneys },
];

function command(program: string, args: string[], environment: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...environment } });
    child.once('error', (error) => {
      print(error.message);
      resolve(false);
    });
    child.once('exit', (code) => resolve(code === 0));
  });
}

async function buildWeb(): Promise<boolean> {
  print((await buildWebWhenNeeded(ROOT)) ? 'Built.' : 'The last build is of the same sources.');
  return true;
}

/** All *.test.ts on one PostgreSQL, a database of its own for each file; two files at a time. */
async function runTests(): Promise<boolean> {
  const files = (
    await found('{apps,benchmarks,capabilities,contracts,database,infra,platform,testing}/**/*.test.ts')
  ).filter((path) => !path.includes('node_modules'));
  const server = await startServer();
  try {
    return await node(['--test', '--test-concurrency=2', ...files], { TEST_DATABASE_URL: server.url });
  } finally {
    await server.stop();
  }
}

/** Whole stories against the whole product, in a real browser, one after the other. */
async function runJourneys(): Promise<boolean> {
  const files = await found('journeys/*.journey.ts');
  const house = await startJourneyHouse({ print });
  try {
    return await node(['--test', '--test-concurrency=1', ...files], { JOURNEY_HOUSE: JSON.stringify(house.facts) });
  } finally {
    await house.stop();
  }
}

async function found(pattern: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const path of glob(pattern, { cwd: ROOT, exclude: (name) => name.endsWith('node_modules') })) {
    paths.push(path);
  }
  return paths.sort();
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const seconds = (since: number) => `${((performance.now() - since) / 1_000).toFixed(1)} s`;

const wanted = process.argv.slice(2);
const began = performance.now();
const failed: string[] = [];
for (const section of sections.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  const from = performance.now();
  print(`\n── ${section.name} ${'─'.repeat(100 - section.name.length)}`);
  const passed = await section.run().catch((error: Error) => {
    print(error.stack ?? error.message);
    return false;
  });
  if (!passed) failed.push(section.name);
  print(`${passed ? 'ok' : 'FAILED'}  ${section.name}  ${seconds(from)}`);
}
print(`\n${failed.length === 0 ? 'All good' : `FAILED: ${failed.join(', ')}`} in ${seconds(began)}.`);
process.exit(failed.length === 0 ? 0 : 1);
