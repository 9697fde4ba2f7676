import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ADMISSION_OUTCOMES, HOLD_OUTCOMES, ORDER_STATES, PAYMENT_STATES } from '#contracts/outcomes';
import { SEAT_STATES } from '#contracts/seat-states';
import { TICKET_KINDS } from '#contracts/ticket-kinds';
import * as rules from './tidy-rules.ts';

const ROOT = join(import.meta.dirname, '..');
const TEXT = /\.(ts|mjs|sql|css|html|md|json|example)$/;
const files: rules.Files = new Map(
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => (TEXT.test(path) || path === '.env.example') && existsSync(join(ROOT, path)))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]),
);
const house = (example: Record<string, string>): rules.Files => new Map(Object.entries(example));

/** The rule holds here, and an example shows that it can fail. */
function rule(promise: string, check: (files: rules.Files) => string[], bad: Record<string, string>): void {
  test(promise, () => {
    assert.equal(check(house(bad)).length, 1, 'the example must fail');
    assert.deepEqual(check(files), []);
  });
}

rule(`no file is longer than ${rules.FILE_LINES_MAX} lines`, rules.longFiles, { 'platform/a.ts': '\n'.repeat(401) });
rule(`no function is longer than ${rules.FUNCTION_LINES_MAX} lines`, rules.longFunctions, {
  'platform/a.ts': `export function long() {\n${'  call();\n'.repeat(70)}}\n`,
});
rule('the environment is read in config.ts only', rules.environmentReaders, {
  'capabilities/holds/a.ts': `const url = process.env['DATABASE_URL'];`,
  'apps/api/config.ts': `readConfig(schema, process.env)`,
});
rule('platform knows no cinema word', rules.cinemaWordsInPlatform, {
  'platform/a.ts': '/** Frees the seat. */',
  'capabilities/holds/a.ts': '/** Frees the seat. */',
});
rule('imports point from apps to capabilities to platform, and contracts import nothing', rules.wrongDirections, {
  'platform/a.ts': `import { b } from '#platform/b';\nimport { holdSeats } from '#capabilities/holds';`,
});
test('… each forbidden way in', () => {
  for (const [path, target] of [
    ['capabilities/holds/a.ts', '../orders/move-orders.ts'],
    ['capabilities/holds/a.ts', '#capabilities/orders/move-orders'],
    ['capabilities/holds/a.ts', '../../apps/api/session.ts'],
    ['contracts/a.ts', '#platform/ids'],
    ['contracts/a.ts', 'pg'],
    ['apps/api/a.ts', '#testing/builders'],
  ]) {
    assert.equal(
      rules.wrongDirections(house({ [path!]: `import { x } from '${target}';` })).length,
      1,
      `${path} ${target}`,
    );
  }
  const allowed = `import { Type } from 'typebox';\nimport { x } from './b.ts';`;
  assert.deepEqual(rules.wrongDirections(house({ 'contracts/a.ts': allowed })), []);
});
rule('capabilities call only whom ARCHITECTURE.md names', rules.callsNotInArchitecture, {
  'ARCHITECTURE.md': '| holds | – | x |\n| orders | holds | y |',
  'capabilities/holds/a.ts': `import { readOrder } from '#capabilities/orders';`,
  'capabilities/orders/a.ts': `import { createSeatHolder } from '#capabilities/holds';`,
});
rule('every capability has a README with the six headings', rules.incompleteReadmes, {
  'capabilities/holds/index.ts': '',
  'capabilities/holds/README.md': '# Holds\n\n## Promise\n\n## States\n',
});
rule('.env.example documents every setting and no other', rules.undocumentedSettings, {
  'apps/api/config.ts': '  API_PORT: Port(3000),\n  SECRET: Secret(32),\n',
  '.env.example': '# API_PORT=3000\n',
});
rule(
  'migrations are numbered without gaps and say why, what they lock, and whether they are safe',
  rules.untidyMigrations,
  {
    'database/migrations/0002_x.sql': '-- why: a\n-- locks: b\n-- safe with the running release: c\n-- Up Migration\n',
  },
);
rule('nothing is marked unfinished, silenced or left out', rules.unfinishedMarks, {
  'platform/a.ts': ['// FIX', 'ME later'].join(''),
});
rule('no file has a name that says nothing', rules.vagueNames, { 'platform/utils.ts': '' });

const sqlOf = (pattern: RegExp) =>
  [...files]
    .filter(([path]) => pattern.test(path))
    .map(([, text]) => text)
    .join('\n');

test('the lists that TypeScript and SQL share are the same', () => {
  assert.equal(rules.listDifferences('example', ['held', 'gone'], `select 'held'`).length, 1);
  const migrations = sqlOf(/^database\/migrations\//);
  const lists: [string, readonly string[], string][] = [
    ['HOLD_OUTCOMES', HOLD_OUTCOMES, sqlOf(/^capabilities\/holds\/.*\.sql$/)],
    ['ORDER_STATES', ORDER_STATES, migrations],
    ['PAYMENT_STATES', PAYMENT_STATES, migrations],
    ['SEAT_STATES', SEAT_STATES, migrations],
    ['TICKET_KINDS', TICKET_KINDS, migrations],
    [
      'ADMISSION_OUTCOMES',
      // These two are decided before the database is asked: a text that is no token of ours.
      ADMISSION_OUTCOMES.filter((outcome) => outcome !== 'unreadable' && outcome !== 'unknown'),
      sqlOf(/^capabilities\/admission\/.*\.sql$/),
    ],
  ];
  assert.deepEqual(
    lists.flatMap(([name, words, text]) => rules.listDifferences(name, words, text)),
    [],
  );
});
