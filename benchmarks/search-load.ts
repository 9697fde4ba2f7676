import { Agent, get } from 'node:http';
import type { Database } from '#platform/postgres';

export type Line = { name: string; perSecond: number; p50Ms: number; p99Ms: number; found: number };

/** Movies with titles of random words, screenings spread over ten days in one theater with many auditoriums. */
export async function addProgramme(db: Database, movies: number, screenings: number): Promise<void> {
  await db.rows(
    `insert into catalog.movies (natural_key, slug, title, original_title, released_on, synopsis)
     select 'code:bench-' || n, 'bench-' || n, initcap(left(md5(n::text), 7) || ' ' || left(md5('a' || n), 5) || ' de ' ||
              left(md5('b' || n), 6)), initcap(md5('c' || n)), current_date - 10, repeat(md5('d' || n), 10)
       from generate_series(1, $1) as n`,
    [movies],
  );
  await db.rows(
    `with theater as (
       insert into catalog.theaters (registry_no, slug, name, city, state)
       values ('BENCH', 'bench', 'Cine Medida', 'Recife', 'PE') returning theater_id
     ), halls as (
       insert into catalog.auditoriums (theater_id, registry_no, name, seats_total)
       select theater_id, 'BENCH-' || n, 'Sala ' || n, 300 from theater, generate_series(1, 400) as n
       returning auditorium_id, theater_id, registry_no
     ), plans as (
       insert into catalog.seat_plans (auditorium_id, fingerprint, seat_count, plan)
       select auditorium_id, registry_no, 300, $2 from halls returning seat_plan_id, auditorium_id
     )
     insert into screenings.screenings (auditorium_id, theater_id, movie_id, seat_plan_id, starts_at, ends_at,
       cinema_day, price_cents, half_price_quota, sales_close_at)
     select h.auditorium_id, h.theater_id, m.movie_id, p.seat_plan_id, w.at, w.at + interval '2 hours', w.at::date,
            2000 + n % 30 * 100, 120, w.at + interval '15 minutes'
       from generate_series(0, $1::integer - 1) as n
       cross join lateral (select date_trunc('day', now()) + interval '1 day' + (n / 400) * interval '3 hours' as at) as w
       join halls as h on h.registry_no = 'BENCH-' || (n % 400 + 1)
       join plans as p on p.auditorium_id = h.auditorium_id
       join catalog.movies as m on m.slug = 'bench-' || (n % $3::integer + 1)`,
    [screenings, JSON.stringify(seatPlan()), movies],
  );
  await db.rows(
    `insert into holds.tickets (screening_id, seat_no, price_cents)
     select s.screening_id, no, s.price_cents from screenings.screenings as s, generate_series(1, 300) as no
      where s.half_price_quota = 120 and s.movie_id in (
        select movie_id from catalog.movies where slug like 'bench-%' and substr(slug, 7)::integer <= 500)
     on conflict do nothing`,
  );
  for (const table of ['catalog.movies', 'screenings.screenings', 'holds.tickets']) await db.rows(`analyze ${table}`);
}

function seatPlan() {
  const seats = Array.from({ length: 300 }, (_each, n) => ({
    no: n + 1,
    row: String.fromCharCode(65 + Math.floor(n / 20)),
    label: `${String.fromCharCode(65 + Math.floor(n / 20))}${(n % 20) + 1}`,
    x: n % 20,
    y: Math.floor(n / 20),
    kind: 'standard',
  }));
  return { width: 20, height: 15, seats };
}

/** Four at a time. */
export async function measure(name: string, forMs: number, ask: () => Promise<number>): Promise<Line> {
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
  return lineOf(name, forMs, taken, found);
}

/** What answers at once, one after the other. */
export function measureNow(name: string, forMs: number, ask: () => number): Line {
  const taken: number[] = [];
  let found = ask();
  const end = performance.now() + forMs;
  for (let from = performance.now(); from < end; ) {
    found = ask();
    const to = performance.now();
    taken.push(to - from);
    from = to;
  }
  return lineOf(name, forMs, taken, found);
}

/** Times in milliseconds and the bytes of the last body; 32 connections, each asking again when it has its answer. */
export async function askOverHttp(
  url: string,
  path: (n: number) => string,
  forMs: number,
  etag?: string,
): Promise<[taken: number[], bytes: number]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const headers = etag === undefined ? {} : { 'if-none-match': etag };
  const taken: number[] = [];
  let [serial, bytes] = [0, 0];
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const from = performance.now();
      get(url + path((serial += 1)), { agent, headers }, (response) => {
        if (response.statusCode !== (etag === undefined ? 200 : 304))
          reject(new Error(`status ${response.statusCode}`));
        bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        response.on('end', () => {
          taken.push(performance.now() - from);
          resolve();
        });
      }).on('error', reject);
    });
  const end = performance.now() + forMs;
  const lane = async () => {
    while (performance.now() < end) await ask();
  };
  await Promise.all(Array.from({ length: 32 }, lane));
  agent.destroy();
  return [taken, bytes];
}

export function lineOf(name: string, forMs: number, taken: number[], found: number): Line {
  taken.sort((a, b) => a - b);
  const at = (share: number) => Math.round((taken[Math.floor(taken.length * share)] ?? 0) * 1_000) / 1_000;
  return { name, perSecond: Math.round((taken.length * 1_000) / forMs), p50Ms: at(0.5), p99Ms: at(0.99), found };
}

export function print(lines: Line[], facts: Record<string, number>): void {
  for (const { name, perSecond, p50Ms, p99Ms, found } of lines) {
    process.stdout.write(
      `${name.padEnd(28)} ${String(perSecond).padStart(9)}/s  p50 ${p50Ms.toFixed(3).padStart(8)} ms  ` +
        `p99 ${p99Ms.toFixed(3).padStart(8)} ms  found ${found}\n`,
    );
  }
  process.stdout.write(`\n${JSON.stringify({ benchmark: 'search', ...facts, lines })}\n`);
}
