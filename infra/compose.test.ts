import assert from 'node:assert/strict';
import { access, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { apiSettings } from '../apps/api/config.ts';
import { API_NODE_FLAGS } from '../apps/node-flags.ts';
import { workerSettings } from '../apps/worker/config.ts';
import { ROOT } from '#testing/database';

// No container is started here: what the two files say is compared with what the processes need.

const text = (path: string) => readFile(join(ROOT, path), 'utf8');
const PROGRAMS = ['apps/api/main.ts', 'apps/worker/main.ts', 'apps/cli/migrate.ts', 'apps/cli/import.ts'];

/** Every file that a program reaches by imports, and the packages on the way. */
async function reachedFrom(programs: readonly string[]): Promise<{ files: Set<string>; packages: Set<string> }> {
  const files = new Set<string>();
  const packages = new Set<string>();
  const queue = [...programs];
  for (let path = queue.pop(); path; path = queue.pop()) {
    if (files.has(path)) continue;
    files.add(path);
    for (const [, from, dynamic] of (await text(path)).matchAll(/from '([^']+)'|import\('([^']+)'\)|^import '/gm)) {
      const target = from ?? dynamic;
      if (!target || target.startsWith('node:')) continue;
      if (target.startsWith('.')) queue.push(relative(ROOT, join(ROOT, dirname(path), target)));
      else if (target.startsWith('#capabilities/')) queue.push(`${target.slice(1)}/index.ts`);
      else if (target.startsWith('#')) queue.push(`${target.slice(1)}.ts`);
      else
        packages.add(
          target
            .split('/')
            .slice(0, target.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  }
  return { files, packages };
}

/** The paths of the repository that the last stage of the Containerfile copies. */
async function copied(): Promise<string[]> {
  const last = (await text('infra/Containerfile')).split('\nFROM ').at(-1)!;
  return [...last.matchAll(/^COPY (?!--from)(.+)$/gm)].flatMap((line) => line[1]!.split(' ').slice(0, -1));
}

const { files, packages } = await reachedFrom(PROGRAMS);

test('the image has every file that its programs import', async () => {
  const paths = await copied();
  for (const path of paths) await access(join(ROOT, path));
  const inImage = (file: string) => paths.some((path) => file === path || file.startsWith(`${path}/`));
  assert.deepEqual(
    [...files].filter((file) => !inImage(file)),
    [],
  );
  assert.ok(files.size > 100, `${files.size} files`);
  assert.ok(inImage('database/migrations/0001_house.sql'));
});

test('the image starts the API with the flags of every other way to start it', async () => {
  const [, command] = /^CMD (\[.+\])$/m.exec(await text('infra/Containerfile'))!;
  assert.deepEqual(JSON.parse(command!), ['node', ...API_NODE_FLAGS, 'apps/api/main.ts']);
});

test('… and neither sandbox nor demo nor tests', async () => {
  const paths = await copied();
  for (const gone of ['apps/payment-sandbox', 'apps/mailbox', 'apps/laptop', 'database/demo', 'testing', 'journeys']) {
    assert.ok(!paths.some((path) => gone === path || gone.startsWith(`${path}/`)), gone);
  }
  assert.match(await text('infra/Containerfile.dockerignore'), /^\*\*\/\*\.test\.ts$/m);
});

test('the packages that its programs import are installed without those for tests, and none is thrown away', async () => {
  const { dependencies } = JSON.parse(await text('package.json')) as { dependencies: Record<string, string> };
  assert.deepEqual(
    [...packages].filter((name) => !(name in dependencies)),
    [],
  );
  const removed = [...(await text('infra/Containerfile')).matchAll(/node_modules\/(@?[a-z-]+(?:\/[a-z-]+)?)/g)];
  assert.deepEqual(
    removed.map((found) => found[1]!).filter((name) => packages.has(name)),
    [],
  );
});

test('every variable of the compose file is a setting, and what has no default is set', async () => {
  const block = /environment: &environment\n((?: {4}.+\n)+)/.exec(await text('infra/compose.yaml'))![1]!;
  const given = new Set([...block.matchAll(/^ {4}([A-Z_]+):/gm)].map((found) => found[1]!));
  const known = { ...apiSettings.properties, ...workerSettings.properties };
  assert.deepEqual(
    [...given].filter((name) => !(name in known)),
    [],
  );
  for (const settings of [apiSettings, workerSettings]) {
    const needed = (settings.required as string[]).filter(
      (name) => !('default' in (settings.properties as Record<string, object>)[name]!),
    );
    assert.deepEqual(
      needed.filter((name) => !given.has(name)),
      [],
    );
  }
});

test('programs are read-only and hold no right but to run; no secret has a value in the file', async () => {
  const compose = await text('infra/compose.yaml');
  for (const line of ['read_only: true', 'cap_drop: [ALL]', 'no-new-privileges:true'])
    assert.ok(compose.includes(line));
  assert.match(await text('infra/Containerfile'), /^USER node$/m);
  for (const secret of compose.matchAll(/^ +([A-Z_]*(?:KEY|SECRET|PASSWORD)): (.*)$/gm)) {
    assert.match(secret[2]!, /^\$\{/, secret[1]!);
  }
});
