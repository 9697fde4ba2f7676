import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { readMovie, searchMovies } from '#capabilities/search';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { ROOT, startServer } from '#testing/database';
import { loadDemo } from '../database/demo/load-demo.ts';

export const summary = 'searches a second without the cache: by name, with errors, by day; a movie page';

type Line = { name: string; perSecond: number; p50Ms: number; p99Ms: number; found: number };

/**
 * Asks the database itself, four at a time, over a catalogue of many movies; the answers that people get come from
 * memory and cost nothing of this. The ceiling is `select 1` by the same client in the same run.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { movies: { type: 'string', default: '10000' }, seconds: { type: 'string', default: '3' } },
  });
  const server = await startServer({ durable: true });
  const db = createDatabase({ connectionString: server.url, connectionsMax: 4 });
  try {
    await migrate(db, ROOT);
    await loadDemo(db);
    await addMovies(db, Number(values.movies));
    const day = (await db.row<{ day: string }>('select current_date + 1 as day'))!.day;
    const questions: [string, () => Promise<number>][] = [
      ['select 1 (ceiling)', async () => (await db.rows('select 1')).length],
      ['by name', async () => (await searchMovies(db, { q: 'nosferatu' })).total],
      ['while typing (3 letters)', async () => (await searchMovies(db, { q: 'met' })).total],
      ['with errors', async () => (await searchMovies(db, { q: 'calegari' })).total],
      ['by day and city', async () => (await searchMovies(db, { date: day, city: 'Recife, PE' })).total],
      ['a movie page', async () => (await readMovie(db, 'aurora', {}))?.theaters.length ?? 0],
    ];
    process.stdout.write(
      `search: ${values.movies} movies, demo programme, ${cpus().length} cores (database included), 4 at a time\n\n`,
    );
    const lines: Line[] = [];
    for (const [name, ask] of questions) lines.push(await measure(name, ask, Number(values.seconds) * 1_000));
    print(lines);
  } finally {
    await db.close();
    await server.stop();
  }
}

async function addMovies(db: Database, count: number): Promise<void> {
  await db.rows(
    `insert into catalog.movies (natural_key, slug, title, original_title)
     select 'code:bench-' || n, 'bench-' || n, initcap(left(md5(n::text), 7) || ' ' || left(md5('a' || n), 5) || ' de ' ||
              left(md5('b' || n), 6)), initcap(md5('c' || n))
       from generate_series(1, $1) as n`,
    [count],
  );
  await db.rows('analyze catalog.movies');
}

async function measure(name: string, ask: () => Promise<number>, forMs: number): Promise<Line> {
  const taken: number[] = [];
  let found = await ask();
  const end = performance.now() + forMs;
  const lane = async () => {
    while (performance.now() < end) {
      const from = performance.now();
      found = await ask();
      taken.push(performance.now() - from);
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  taken.sort((a, b) => a - b);
  const at = (share: number) => Math.round((taken[Math.floor(taken.length * share)] ?? 0) * 100) / 100;
  return { name, perSecond: Math.round((taken.length * 1_000) / forMs), p50Ms: at(0.5), p99Ms: at(0.99), found };
}

function print(lines: Line[]): void {
  for (const { name, perSecond, p50Ms, p99Ms, found } of lines) {
    process.stdout.write(
      `${name.padEnd(26)} ${String(perSecond).padStart(8)}/s  p50 ${p50Ms.toFixed(2).padStart(7)} ms  ` +
        `p99 ${p99Ms.toFixed(2).padStart(7)} ms  found ${found}\n`,
    );
  }
  process.stdout.write(`\n${JSON.stringify({ benchmark: 'search', lines })}\n`);
}
