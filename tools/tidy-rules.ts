import { posix } from 'node:path';

// The rules of the house that a program can check. Each takes the files of the repository and answers what is wrong,
// in words that say where and what; an empty list is a tidy house. tools/tidy.test.ts runs them, and shows for each
// an example that fails.

/** Path from the root → content, of every file kept in the repository that is text. */
export type Files = ReadonlyMap<string, string>;

const CODE = /\.(ts|mjs|sql|css|html)$/;
const isTest = (path: string) => /\.(test|journey)\.ts$/.test(path);
const among = (files: Files, pattern: RegExp) => [...files].filter(([path]) => pattern.test(path));

export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 70;

export function longFiles(files: Files): string[] {
  return among(files, CODE)
    .map(([path, text]) => [path, text.split('\n').length - 1] as const)
    .filter(([, lines]) => lines > FILE_LINES_MAX)
    .map(([path, lines]) => `${path}: ${lines} lines`);
}

const FUNCTION_START = /(=> \{|^\s*(export )?(default )?(async )?(function\b.*|\w+\(.*\)(: .*)?|\)(: .*)?) \{)$/;

/**
 * Functions by their indentation: the formatter guarantees that one ends where its first line began. Functions inside
 * are counted for themselves, so that a factory is as long as what it says beside them.
 */
export function longFunctions(files: Files): string[] {
  return among(files, /\.ts$/)
    .filter(([path]) => !isTest(path))
    .flatMap(([path, text]) =>
      functionsOf(text.split('\n'))
        .filter(({ own }) => own > FUNCTION_LINES_MAX)
        .map(({ from, own }) => `${path}:${from + 1}: a function of ${own} lines`),
    );
}

function functionsOf(lines: string[]): { from: number; to: number; own: number }[] {
  const found: { from: number; to: number; own: number }[] = [];
  lines.forEach((line, from) => {
    if (!FUNCTION_START.test(line)) return;
    const indent = /^\s*/.exec(line)![0];
    const length = lines.slice(from + 1).findIndex((later) => later.startsWith(`${indent}}`)) + 2;
    const to = from + length - 1;
    const around = found.findLast((outer) => outer.to > from);
    if (around) around.own -= length - 2;
    found.push({ from, to, own: length });
  });
  return found;
}

const MAY_READ_ENVIRONMENT = /(^|\/)config\.ts$|^testing\/|^tools\/|^journeys\/|^benchmarks\//;

export function environmentReaders(files: Files): string[] {
  return among(files, /\.(ts|mjs)$/)
    .filter(([path]) => !MAY_READ_ENVIRONMENT.test(path) && !isTest(path))
    .filter(([, text]) => text.includes('process.env'))
    .map(([path]) => `${path}: reads process.env; only a config.ts may`);
}

const CINEMA_WORDS =
  /(?<![#/])\b(movies?|films?|theaters?|auditoriums?|seats?|screenings?|tickets?|cinemas?|holds?_\w+|admissions?)\b/i;

export function cinemaWordsInPlatform(files: Files): string[] {
  return among(files, /^platform\//).flatMap(([path, text]) =>
    text.split('\n').flatMap((line, at) => {
      const word = CINEMA_WORDS.exec(line)?.[0];
      return word && !line.startsWith('import ') ? [`${path}:${at + 1}: platform knows no '${word}'`] : [];
    }),
  );
}

type Import = { path: string; line: number; target: string };

function importsOf(files: Files, pattern: RegExp): Import[] {
  return among(files, pattern).flatMap(([path, text]) =>
    text.split('\n').flatMap((line, at) => {
      const target = /(?:^(?:import|export)\b.* from |^\} from |^import |\bimport\()'([^']+)'/.exec(line)?.[1];
      return target ? [{ path, line: at + 1, target }] : [];
    }),
  );
}

/** The part of the house a file or an import belongs to: 'capabilities/holds', 'platform', 'apps/api' … */
function partOf(path: string): string {
  const [first, second] = path.split('/');
  return first === 'capabilities' || first === 'apps' ? `${first}/${second}` : (first ?? '');
}

function partOfImport({ path, target }: Import): string | null {
  if (target.startsWith('#')) return partOf(target.slice(1));
  if (target.startsWith('.')) return partOf(posix.join(posix.dirname(path), target));
  return null;
}

const TEST_ONLY = new Set(['testing', 'tools', 'journeys', 'benchmarks', 'database']);

/** apps → capabilities → platform; contracts import nothing; a capability enters another by its one door. */
export function wrongDirections(files: Files): string[] {
  return importsOf(files, /^(apps\/(?!web\/)|capabilities\/|platform\/|contracts\/).*\.ts$/).flatMap((found) => {
    const from = partOf(found.path);
    const to = partOfImport(found);
    const where = `${found.path}:${found.line}: imports ${found.target}`;
    if (isTest(found.path) || found.path.endsWith('/testing.ts')) return [];
    if (from === 'contracts') return to === 'contracts' || found.target === 'typebox' ? [] : [where];
    if (to === null || to === from || to === 'contracts' || to === 'platform') return [];
    if (from === 'platform') return [where];
    if (from.startsWith('capabilities/')) {
      const throughDoor = found.target.startsWith('#capabilities/') && found.target.split('/').length === 2;
      return to.startsWith('capabilities/') && throughDoor ? [] : [where];
    }
    return TEST_ONLY.has(to) && to !== 'database' ? [where] : [];
  });
}

/** Who may call whom, as the table in ARCHITECTURE.md says. */
export function callsNotInArchitecture(files: Files): string[] {
  const table = files.get('ARCHITECTURE.md') ?? '';
  const allowed = new Map(
    [...table.matchAll(/^\| ([a-z-]+) \| ([^|]*) \|/gm)].map((row) => [
      row[1]!,
      [...(row[2]!.match(/[a-z-]+/g) ?? [])] as string[],
    ]),
  );
  return importsOf(files, /^capabilities\/.*\.ts$/).flatMap((found) => {
    const [, from] = found.path.split('/');
    const callee = /^#capabilities\/([a-z-]+)$/.exec(found.target)?.[1];
    if (!callee || callee === from || isTest(found.path)) return [];
    return allowed.get(from!)?.includes(callee) ? [] : [`${found.path}: ${from} may not call ${callee}`];
  });
}

const HEADINGS = ['Promise', 'States', 'Invariants', 'Tables', 'Neighbours', 'When it breaks'];

export function incompleteReadmes(files: Files): string[] {
  const capabilities = new Set(among(files, /^capabilities\/[^/]+\//).map(([path]) => path.split('/')[1]!));
  return [...capabilities].flatMap((name) => {
    const text = files.get(`capabilities/${name}/README.md`);
    if (text === undefined) return [`capabilities/${name}: no README.md`];
    const missing = HEADINGS.filter((heading) => !text.includes(`\n## ${heading}\n`));
    return missing.length > 0 ? [`capabilities/${name}/README.md: no heading ${missing.join(', ')}`] : [];
  });
}

/** Variables of every config.ts are documented in .env.example, and nothing else is. */
export function undocumentedSettings(files: Files): string[] {
  const used = new Set(
    among(files, /^apps\/(.*\/)?config\.ts$/).flatMap(([, text]) =>
      [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map((found) => found[1]!),
    ),
  );
  const example = files.get('.env.example') ?? '';
  const documented = new Set([...example.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm)].map((found) => found[1]!));
  return [
    ...[...used].filter((name) => !documented.has(name)).map((name) => `${name}: not in .env.example`),
    ...[...documented].filter((name) => !used.has(name)).map((name) => `${name}: in .env.example, read by nobody`),
  ];
}

export function untidyMigrations(files: Files): string[] {
  const migrations = among(files, /^database\/migrations\/.*\.sql$/).sort(([a], [b]) => (a < b ? -1 : 1));
  return migrations.flatMap(([path, text], index) => {
    const problems: string[] = [];
    const number = String(index + 1).padStart(4, '0');
    if (!posix.basename(path).startsWith(`${number}_`)) problems.push(`${path}: the next number is ${number}`);
    for (const header of ['-- why: ', '-- locks: ', '-- safe with the running release: ', '-- Up Migration']) {
      if (!text.includes(header)) problems.push(`${path}: no header '${header.trim()}'`);
    }
    return problems;
  });
}

const MARKS = new RegExp(
  `\\b(${['TO', 'FIX', 'XX', 'HA'].map((half, i) => half + ['DO', 'ME', 'X', 'CK'][i]).join('|')})\\b`,
);
// A check may be silenced for one line, by name and with its reason.
const SILENCED =
  /@ts-(ignore|nocheck|expect-error)|(biome|oxlint|eslint)-(ignore|disable)(?!-next-line [\w/-]+ -- )|\b(test|it|describe)\.(only|todo)\(/;

export function unfinishedMarks(files: Files): string[] {
  return among(files, CODE)
    .filter(([path]) => !path.startsWith('tools/tidy'))
    .flatMap(([path, text]) =>
      text.split('\n').flatMap((line, at) => {
        const mark = MARKS.exec(line)?.[0] ?? SILENCED.exec(line)?.[0];
        return mark ? [`${path}:${at + 1}: ${mark}`] : [];
      }),
    );
}

export function vagueNames(files: Files): string[] {
  return [...files.keys()]
    .filter((path) => !path.startsWith('apps/web/public/'))
    .filter((path) => /(^|\/)(utils?|common|helpers?|misc|.*[-.](manager|service|util|helper))(\.ts|\/)/i.test(path))
    .map((path) => `${path}: a name that says nothing`);
}

/** A list of words in TypeScript and the same list in SQL: what one says and the other does not. */
export function listDifferences(name: string, typescript: readonly string[], sqlText: string): string[] {
  const words = new Set([...sqlText.matchAll(/'([a-zA-Z0-9_]+)'/g)].map((found) => found[1]!));
  return typescript.filter((word) => !words.has(word)).map((word) => `${name}: '${word}' is not in the SQL`);
}
