import { availableParallelism } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pino from 'pino';
import { keepProgramme, searchMovies } from '#capabilities/search';
import type { SearchQuery } from '#contracts/catalog';
import { systemClock } from '#platform/clock';
import { createHttpServer } from '#platform/http-server';
import { migrate } from '#platform/migrate';
import { createDatabase, type Database } from '#platform/postgres';
import { ROOT, startServer } from '#testing/database';
import { createReading, type Reading } from '../apps/api/reading/reading.ts';
import { registerScreeningRoutes } from '../apps/api/routes/screenings.ts';
import { registerSearchRoutes } from '../apps/api/routes/search.ts';
import { loadDemo } from '../database/demo/load-demo.ts';
import { addProgramme, askOverHttp, type Line, lineOf, measure, measureNow, print } from './search-load.ts';

export const summary = 'searches and pages a second: made anew, from memory, over HTTP; how soon a change is seen';

/**
 * A programme of many movies and screenings in one process. The ceiling is `select 1` by one client of the same run.
 * "Made anew" is what a question costs that nobody has asked; "from memory" what it costs afterwards.
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      movies: { type: 'string', default: '10000' },
      screenings: { type: 'string', default: '10000' },
      seconds: { type: 'string', default: '3' },
    },
  });
  const forMs = Number(values.seconds) * 1_000;
  const server = await startServer({ durable: true });
  const db = createDatabase({ connectionString: server.url, connectionsMax: 4 });
  const log = pino({ level: 'silent' });
  try {
    await migrate(db, ROOT);
    await loadDemo(db);
    await addProgramme(db, Number(values.movies), Number(values.screenings));
    process.stdout.write(
      `search: ${values.movies} movies, ${values.screenings} screenings of 300 seats and the demo programme, ` +
        `${availableParallelism()} cores (database and load included)\n\n`,
    );
    const before = process.memoryUsage().rss;
    const from = performance.now();
    const kept = keepProgramme({ db, clock: systemClock, log, listening: () => true, onChange: () => {} });
    kept.heard();
    await kept.fresh();
    const loadMs = Math.round(performance.now() - from);
    const rssMb = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
    // What a lost connection costs: everything is read again while the process goes on answering.
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    // What was read is good for 200 ms more; after them `fresh` waits for the new reading.
    await sleep(250);
    delay.reset();
    kept.heard();
    await kept.fresh();
    const rereadBlocksMs = Math.round(delay.max / 1e6);
    delay.disable();
    const reading = await createReading({ db, clock: systemClock, log });
    while (!reading.listening()) await sleep(10);
    const lines: Line[] = [await measure('select 1 (ceiling)', forMs, async () => (await db.rows('select 1')).length)];
    const day = (await db.row<{ day: string }>('select current_date + 1 as day'))!.day;
    lines.push(...madeAnew(kept, day, forMs));
    kept.close();
    lines.push(...(await fromMemory(db, reading, forMs)));
    lines.push(...(await overHttp(db, reading, forMs)));
    const seen = await changesSeen(db, reading);
    const { pages } = reading.stats();
    const hitRatio = Math.round((pages.hits / (pages.hits + pages.made)) * 10_000) / 10_000;
    await reading.close();
    print(lines, { loadMs, rereadBlocksMs, rssMb, hitRatio, ...seen });
  } finally {
    await db.close();
    await server.stop();
  }
}

function madeAnew(kept: ReturnType<typeof keepProgramme>, day: string, forMs: number): Line[] {
  const programme = kept.current()!;
  let serial = 0;
  const ask = (query: SearchQuery) => searchMovies(programme, query, kept.moment()).answer.total;
  // Each typed text is new, or its match would be remembered.
  const letter = () => String.fromCharCode(97 + ((serial += 1) % 26)) + String.fromCharCode(97 + (serial % 23));
  const texts = Array.from({ length: 26 * 23 * 11 }, (_each, n) => `${letter()}${n.toString(36)}`);
  let at = 0;
  const fresh = () => texts[(at += 1) % texts.length]!;
  return [
    measureNow('anew: by name', forMs, () => ask({ q: `nosferatu ${fresh()}`.slice(0, 9) })),
    measureNow('anew: letters nobody typed', forMs, () => ask({ q: fresh() })),
    measureNow('anew: with errors', forMs, () => ask({ q: `calegari ${fresh()}` })),
    measureNow('anew: by day and city', forMs, () => ask({ date: day, city: 'Recife, PE' })),
    measureNow('anew: the whole programme', forMs, () => ask({})),
  ];
}

async function fromMemory(db: Database, reading: Reading, forMs: number): Promise<Line[]> {
  const ids = (
    await db.rows<{ id: number }>('select screening_id as id from screenings.screenings order by 1 limit 500')
  ).map((row) => row.id);
  for (const id of ids) await reading.screening(id, `/api/screenings/${id}`);
  const slugs = Array.from({ length: 200 }, (_each, n) => `bench-${n + 1}`);
  for (const slug of slugs) await reading.movie(slug, {}, `/api/movies/${slug}`);
  for (let n = 0; n < 500; n += 1) await reading.search({ q: `bench ${n}` }, `/api/search?q=bench+${n}`);
  let at = 0;
  const peek = (address: string) => reading.peek(address)?.body.length ?? 0;
  return [
    measureNow('peek: search', forMs, () => peek(`/api/search?q=bench+${(at += 1) % 500}`)),
    measureNow('peek: movie page', forMs, () => peek(`/api/movies/bench-${((at += 1) % 200) + 1}`)),
    measureNow('peek: screening page', forMs, () => peek(`/api/screenings/${ids[((at += 1)) % ids.length]}`)),
  ];
}

async function overHttp(db: Database, reading: Reading, forMs: number): Promise<Line[]> {
  const api = createHttpServer({ log: pino({ level: 'silent' }) });
  registerSearchRoutes(api, { reading });
  registerScreeningRoutes(api, { reading });
  const url = await api.listen({ port: 0, host: '127.0.0.1' });
  const id = (await db.row<{ id: number }>('select min(screening_id) as id from screenings.screenings'))!.id;
  const lines: Line[] = [];
  for (const [name, path] of [
    ['HTTP: search', (n: number) => `/api/search?q=bench+${n % 500}`],
    ['HTTP: movie page', (n: number) => `/api/movies/bench-${(n % 200) + 1}`],
    ['HTTP: screening page', () => `/api/screenings/${id}`],
  ] as const)
    lines.push(lineOf(name, forMs, ...(await askOverHttp(url, path, forMs))));
  const { etag } = await reading.screening(id).then((found) => found!);
  lines.push(
    lineOf('HTTP: screening page, 304', forMs, ...(await askOverHttp(url, () => `/api/screenings/${id}`, forMs, etag))),
  );
  await api.close();
  return lines;
}

/** From the commit of a new price to the first answer that has it. */
async function changesSeen(db: Database, reading: Reading) {
  const taken: number[] = [];
  for (let cents = 1; cents <= 40; cents += 1) {
    await db.rows(
      `update screenings.screenings set price_cents = $1
        where movie_id = (select movie_id from catalog.movies where slug = 'bench-1')`,
      [cents],
    );
    const from = performance.now();
    for (;;) {
      const page = JSON.parse((await reading.movie('bench-1', {}))!.body) as { priceFromCents: number };
      if (page.priceFromCents === cents) break;
      await sleep(1);
    }
    taken.push(performance.now() - from);
    await sleep(cents % 3 === 0 ? 0 : 150);
  }
  taken.sort((a, b) => a - b);
  return { changeSeenP50Ms: Math.round(taken[20]!), changeSeenMaxMs: Math.round(taken.at(-1)!) };
}
