import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { createRun, readRun, workOnRun } from '#capabilities/imports';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { startServer } from '#testing/database';
import { durability } from './durability.ts';

export const summary = 'a tickets file against a bare COPY of the same rows: rows/s of both, ratio, peak memory';

const ROOT = new URL('..', import.meta.url).pathname;
const AUDITORIUMS = 40;
const SEATS = 200;
const SHOWS_A_DAY = 4;

/**
 * Loads `--rows` tickets (default 1,000,000) with the product's own importer, in a process of its own, into a fresh
 * database; then copies the same rows (screening, seat, price) into a table like holds.tickets, key and fillfactor
 * included, with nothing else to do. Each `--rounds` times, alternating; the medians are compared.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '3' } },
  });
  const rows = Number(values.rows);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rows) || rows < SEATS || !Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`--rows must be a whole number from ${SEATS}, --rounds from 1`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-bench-'));
  const server = await startServer({ durable: true });
  try {
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1) measured.push(await measure(server.url, folder, rows, round));
    print(rows, measured);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

type Round = { importSeconds: number; bareSeconds: number; rssMb: number; settings: Record<string, string> };

async function measure(serverUrl: string, folder: string, rows: number, round: number): Promise<Round> {
  const url = new URL(serverUrl);
  const name = `bench_import_${round}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  url.pathname = `/${name}`;
  const db = createDatabase({ connectionString: url.href, connectionsMax: 4, statementTimeoutMs: 600_000 });
  try {
    await migrate(db, ROOT);
    const labels = await loadHalls(db, folder);
    const path = join(folder, `tickets-${round}.csv`);
    await writeTickets(path, labels, rows);
    const settings = await durability(db);
    const imported = await importInOwnProcess(url.href, path);
    const stored = await db.row<{ count: number }>('select count(*) from holds.tickets');
    if (stored!.count !== rows) throw new Error(`${stored!.count} tickets are in, ${rows} were in the file`);
    return { ...imported, bareSeconds: await bareCopy(db), settings };
  } finally {
    await db.close();
  }
}

/** A theater of auditoriums and a movie, through the importer too. Answers the seat labels by auditorium. */
async function loadHalls(db: Database, folder: string): Promise<Map<string, string[]>> {
  const halls = Array.from(
    { length: AUDITORIUMS },
    (_, index) => `B1;Cine Banco;Recife;PE;B1-${index};Sala ${index};${SEATS};4`,
  );
  const files = [
    ['theaters', `codigo_cinema;cinema;municipio;uf;codigo_sala;nome_sala;assentos;cadeirantes\n${halls.join('\n')}\n`],
    ['movies', 'codigo;titulo;duracao\nlimite;Limite;100\n'],
  ] as const;
  for (const [kind, text] of files) {
    const path = join(folder, kind);
    await pipeline(Readable.from([text]), createWriteStream(path));
    const run = await createRun(db, { kind, path, fileName: kind });
    await workOnRun(db, run);
    if ((await readRun(db, run))!.status !== 'done') throw new Error(`the ${kind} of the benchmark did not load`);
  }
  const rows = await db.rows<{ hall: string; labels: string[] }>(
    `select a.registry_no as hall, array_agg(seat ->> 'label') as labels from catalog.auditoriums a
     join catalog.seat_plans p using (seat_plan_id), jsonb_array_elements(p.plan -> 'seats') seat group by 1`,
  );
  return new Map(rows.map((row) => [row.hall, row.labels]));
}

async function writeTickets(path: string, labels: Map<string, string[]>, rows: number): Promise<void> {
  function* lines(): Generator<string> {
    yield 'assento;sala;data;hora;filme;preco\n';
    let left = rows;
    for (let show = 0; left > 0; show += 1) {
      const date = new Date(Date.UTC(2031, 0, 1 + Math.floor(show / SHOWS_A_DAY))).toISOString().slice(0, 10);
      const day = date.split('-').toReversed().join('/');
      for (const [hall, seats] of labels) {
        const some = seats.slice(0, left);
        left -= some.length;
        const time = `${13 + (show % SHOWS_A_DAY) * 3}:30`;
        yield some.map((seat) => `${seat};${hall};${day};${time};limite;R$ 32,50\n`).join('');
        if (left === 0) break;
      }
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}

/** The command line's own import, timed inside its process, with its peak resident memory. */
async function importInOwnProcess(url: string, path: string): Promise<{ importSeconds: number; rssMb: number }> {
  const child = spawn(process.execPath, [new URL('import-worker.ts', import.meta.url).pathname, url, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  if (output === '') throw new Error('the importing process failed');
  return JSON.parse(output) as { importSeconds: number; rssMb: number };
}

async function bareCopy(db: Database): Promise<number> {
  const client = await db.connect();
  try {
    await client.query('create table bare (like holds.tickets including all) with (fillfactor = 50)');
    const rows = await client.query<{ text: string }>(
      `select string_agg(screening_id || E'\\t' || seat_no || E'\\t' || price_cents || E'\\n', '' order by seat_no) as text
       from holds.tickets group by screening_id order by screening_id`,
    );
    await client.query('checkpoint');
    const started = performance.now();
    const into = client.query(copyFrom('copy bare (screening_id, seat_no, price_cents) from stdin'));
    await pipeline(
      Readable.from(
        rows.rows.map((row) => row.text),
        { objectMode: false },
      ),
      into,
    );
    return (performance.now() - started) / 1000;
  } finally {
    client.release();
  }
}

function print(rows: number, rounds: Round[]): void {
  const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
  const importRate = rows / median(rounds.map((round) => round.importSeconds));
  const bareRate = rows / median(rounds.map((round) => round.bareSeconds));
  const rssMb = Math.max(...rounds.map((round) => round.rssMb));
  const shown = (rate: number) => Math.round(rate).toLocaleString('en');
  const settings = Object.entries(rounds[0]!.settings).map(([name, value]) => `${name}=${value}`);
  console.log(
    `Importing ${rows.toLocaleString('en')} tickets from CSV, ${rounds.length} rounds (${settings.join(', ')})\n`,
  );
  for (const [index, round] of rounds.entries()) {
    console.log(
      `round ${index + 1}: import ${round.importSeconds.toFixed(2)} s, bare COPY ${round.bareSeconds.toFixed(2)} s, ` +
        `peak ${Math.round(round.rssMb)} MB`,
    );
  }
  console.log(`\nimport      ${shown(importRate).padStart(10)} rows/s`);
  console.log(`bare COPY   ${shown(bareRate).padStart(10)} rows/s`);
  console.log(`ratio       ${(importRate / bareRate).toFixed(2).padStart(10)}`);
  console.log(`peak memory ${String(Math.round(rssMb)).padStart(10)} MB (importing process)`);
  console.log(
    JSON.stringify({
      benchmark: 'import',
      rows,
      import_rows_per_s: Math.round(importRate),
      copy_rows_per_s: Math.round(bareRate),
      ratio: Number((importRate / bareRate).toFixed(3)),
      peak_rss_mb: Math.round(rssMb),
      ...rounds[0]!.settings,
    }),
  );
}
