import { basename, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createRun, listErrors, readRun, undoRun, workOnRun } from '#capabilities/imports';
import { IMPORT_KINDS, type ImportKind, type ImportRun } from '#contracts/imports';
import type { Database } from '#platform/postgres';
import { openDatabase } from './database.ts';
import { createProgressBar, summaryOf } from './import-report.ts';

const USAGE = `Usage: npm run --silent import -- <${IMPORT_KINDS.join('|')}> FILE [--dry-run] [--json] [--stop-on-error]
       npm run --silent import -- --resume RUN [--json]
       npm run --silent import -- --undo RUN [--json]

The formats are described in docs/reference/import-formats.md.
Exit code: 0 every row is in, 1 some rows failed, 2 refused or not understood.`;

const EXIT = { good: 0, rowsFailed: 1, refused: 2 } as const;
const ERRORS_SHOWN = 10;

/** Known before the arguments are understood, so that a misunderstanding is also told as JSON. */
const json = process.argv.includes('--json');
let runAtWork: string | null = null;

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'stop-on-error': { type: 'boolean', default: false },
        resume: { type: 'string' },
        undo: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return (error as Error).message;
  }
}

async function main(): Promise<number> {
  const args = readArguments();
  if (typeof args === 'string') return refuse({ code: 'usage', text: `${args}\n\n${USAGE}` });
  if (args.values.help) {
    console.log(USAGE);
    return EXIT.good;
  }
  const asked = whatIsAsked(args);
  if (typeof asked === 'string') return refuse({ code: 'usage', text: `${asked}\n\n${USAGE}` });
  const db = await openDatabase();
  if (typeof db === 'string') return refuse({ code: 'database_unreachable', text: db });
  try {
    return await perform(db, asked);
  } finally {
    await db.close();
  }
}

type Asked =
  | { verb: 'import'; kind: ImportKind; file: string; dryRun: boolean; stopOnError: boolean }
  | { verb: 'resume'; run: string }
  | { verb: 'undo'; run: string };

function whatIsAsked(args: Exclude<ReturnType<typeof readArguments>, string>): Asked | string {
  const { values, positionals } = args;
  const run = values.resume ?? values.undo;
  if (run !== undefined) {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(run)) return `Not the number of a run: ${run}`;
    return { verb: values.resume === undefined ? 'undo' : 'resume', run };
  }
  const [kind, file, ...more] = positionals;
  if (!kind || !file || more.length > 0) return 'A kind and one file are needed.';
  if (!(IMPORT_KINDS as readonly string[]).includes(kind)) return `Not a kind of import: ${kind}`;
  return {
    verb: 'import',
    kind: kind as ImportKind,
    file: resolve(file),
    dryRun: values['dry-run'],
    stopOnError: values['stop-on-error'],
  };
}

async function perform(db: Database, asked: Asked): Promise<number> {
  if (asked.verb === 'undo') return takeBack(db, asked.run);
  const runId =
    asked.verb === 'resume'
      ? asked.run
      : await createRun(db, {
          kind: asked.kind,
          path: asked.file,
          fileName: basename(asked.file),
          dryRun: asked.dryRun,
          stopOnError: asked.stopOnError,
        });
  runAtWork = runId;
  const bar = createProgressBar(process.stderr);
  const worked = await workOnRun(db, runId, bar.show);
  bar.end();
  if (worked !== 'worked') return refuse({ run: runId, code: worked, text: SENTENCES[worked] });
  return report(db, (await readRun(db, runId))!);
}

async function takeBack(db: Database, runId: string): Promise<number> {
  const outcome = await db.transaction((tx) => undoRun(tx, runId));
  if (outcome !== 'undone') return refuse({ run: runId, code: outcome, text: UNDO_SENTENCES[outcome] });
  const run = (await readRun(db, runId))!;
  console.log(json ? JSON.stringify(run) : `Run ${runId} is undone.`);
  return EXIT.good;
}

const UNDO_SENTENCES = {
  run_unknown: 'There is no such run.',
  run_not_undoable: 'This run left nothing that could be undone, or is still at work (cancel it first).',
  tickets_sold: 'Tickets of this run are sold or held: it can no longer be undone.',
  changed_since: 'A later import changed the same things: undo that one first.',
  in_use: 'Something else uses what this run created (screenings of its movies or auditoriums).',
} as const;

const SENTENCES = {
  run_unknown: 'There is no such run.',
  run_at_work: 'Another process is at work on this run.',
  run_over: 'This run is over: there is nothing to resume.',
} as const;

async function report(db: Database, run: ImportRun): Promise<number> {
  const { errors } = await listErrors(db, run.run, 1);
  const text = summaryOf(run, errors.slice(0, ERRORS_SHOWN));
  if (json) {
    process.stderr.write(`${text}\n`);
    console.log(JSON.stringify({ ...run, understood: run.understood && { ...run.understood, sample: undefined } }));
  } else console.log(text);
  if (run.status === 'refused') return EXIT.refused;
  return run.errors > 0 ? EXIT.rowsFailed : EXIT.good;
}

/** A sentence for people on stderr and, when asked, a line for programs on stdout: whatever happens, there is one. */
function refuse(why: { code: string; text: string; run?: string; status?: 'refused' | 'failed' }): number {
  const { code, text, run = null, status = 'refused' } = why;
  process.stderr.write(`${text}\n`);
  if (json) console.log(JSON.stringify({ run, status, code, refusal: { code } }));
  return EXIT.refused;
}

process.exitCode = await main().catch((error: Error) =>
  refuse({
    status: 'failed',
    code: 'failed',
    ...(runAtWork === null ? {} : { run: runAtWork }),
    text: `Failed: ${error.message}.${runAtWork === null ? '' : ` Go on with: --resume ${runAtWork}`}`,
  }),
);
