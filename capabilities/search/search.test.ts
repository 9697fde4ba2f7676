import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aMovie, anAuditorium, aScreening, aTheater } from '#testing/builders';
import { testDatabase } from '#testing/database';
import pino from 'pino';
import { createOccupancy } from '#capabilities/holds';
import type { MovieDetail, SearchQuery } from '#contracts/catalog';
import { systemClock } from '#platform/clock';
import {
  fillMoviePage,
  keepProgramme,
  listCities as citiesOf,
  listTheaters as theatersOf,
  type MovieQuery,
  moviePage,
  searchMovies as search,
} from './index.ts';

const db = await testDatabase();

async function day(offset: number): Promise<string> {
  const row = await db.row<{ day: string }>(`select (current_date + $1::integer) as day`, [offset]);
  return row!.day;
}

/** A screening `days` from today at a wall-clock time of the theater; before 06:00 it belongs to the day before. */
async function screeningAt(movieId: number, theaterId: number, days: number, time: string, changes = '') {
  const row = await db.row<{ at: Date }>(
    `select ((current_date + $1::integer) + $2::time) at time zone time_zone as at
       from catalog.theaters where theater_id = $3`,
    [days, time, theaterId],
  );
  const made = await aScreening(db, { movieId, theaterId, startsAt: row!.at });
  await db.rows(
    `update screenings.screenings as s
        set cinema_day = ((starts_at at time zone t.time_zone) - interval '6 hours')::date
       from catalog.theaters as t where t.theater_id = s.theater_id and s.screening_id = $1`,
    [made.screeningId],
  );
  if (changes) await db.rows(`update screenings.screenings set ${changes} where screening_id = $1`, [made.screeningId]);
  return made.screeningId;
}

/** The programme as it is now, read afresh. */
async function programmeNow() {
  const log = pino({ level: 'silent' });
  const kept = keepProgramme({ db, log, clock: systemClock, listening: () => false, onChange: () => {} });
  return { programme: await kept.fresh(), moment: kept.moment() };
}
async function searchMovies(query: SearchQuery) {
  const { programme, moment } = await programmeNow();
  return search(programme, query, moment).answer;
}
async function readMovie(slug: string, query: MovieQuery): Promise<MovieDetail | null> {
  const { programme, moment } = await programmeNow();
  const movie = programme.movieBySlug.get(slug);
  if (!movie) return null;
  const page = moviePage(programme, movie, query, moment);
  const occupancy = createOccupancy({ db, clock: systemClock, listening: () => true });
  const free = await occupancy.read(page.screenings.map((screening) => screening.screeningId));
  return JSON.parse(fillMoviePage(page, free, moment.nowMs).json) as MovieDetail;
}

const titles = async (query: SearchQuery) => (await searchMovies(query)).nowShowing.map((movie) => movie.title);

const recife = await aTheater(db, { name: 'Cine Aurora', city: 'Recife', state: 'PE' });
const branco = await aTheater(db, { name: 'Cine Seringal', city: 'Rio Branco', state: 'AC' });
await db.rows(`update catalog.theaters set time_zone = 'America/Recife' where theater_id = $1`, [recife]);
await db.rows(`update catalog.theaters set time_zone = 'America/Rio_Branco' where theater_id = $1`, [branco]);
const nosferatu = await aMovie(db, 'Nosferatu, uma Sinfonia do Horror');
const caligari = await aMovie(db, 'O Gabinete do Dr. Caligari');
const potemkin = await aMovie(db, 'O Encouraçado Potemkin');
const percent = await aMovie(db, '100% Poesia_Pura');
const slugOf = async (id: number) =>
  (await db.row<{ slug: string }>('select slug from catalog.movies where movie_id = $1', [id]))!.slug;

await screeningAt(nosferatu, recife, 1, '19:30', `language = 'subtitled', libras = true`);
await screeningAt(nosferatu, branco, 2, '00:20', `language = 'dubbed', format = 'IMAX'`);
await screeningAt(caligari, recife, 2, '21:00', `captions = true`);
await screeningAt(potemkin, branco, 1, '15:00', `audio_description = true`);
await screeningAt(percent, recife, 3, '10:00');

test('a title is found without accents, in any case, while typing, and by any of its words', async () => {
  for (const q of ['encouracado', 'ENCOURAÇADO', 'o encour', 'potem', 'pote', 'kin']) {
    assert.deepEqual(await titles({ q }), ['O Encouraçado Potemkin'], q);
  }
  assert.deepEqual(await titles({ q: 'n' }), ['Nosferatu, uma Sinfonia do Horror']);
});

test('typing errors still find the title, and something else finds nothing', async () => {
  const mistyped: [string, string][] = [
    ['nosferato', 'Nosferatu, uma Sinfonia do Horror'],
    ['nosfreatu', 'Nosferatu, uma Sinfonia do Horror'],
    ['calegari', 'O Gabinete do Dr. Caligari'],
    ['gabinete do calegari', 'O Gabinete do Dr. Caligari'],
    ['potenkin', 'O Encouraçado Potemkin'],
  ];
  for (const [q, title] of mistyped) {
    assert.equal((await titles({ q }))[0], title, q);
  }
  assert.deepEqual(await titles({ q: 'tubarão' }), []);
});

test('signs that LIKE understands are only letters', async () => {
  assert.deepEqual(await titles({ q: '100%' }), ['100% Poesia_Pura']);
  assert.deepEqual(await titles({ q: '%' }), []);
  assert.deepEqual(await titles({ q: '_' }), []);
  assert.deepEqual(await titles({ q: 'poesia_p' }), ['100% Poesia_Pura']);
  assert.deepEqual(await titles({ q: '\\' }), []);
});

test('a better match comes first: beginning, then word, then inside', async () => {
  const theater = await aTheater(db);
  for (const title of ['Meia-noite em Zanzibar', 'Zanzibar', 'Abrazanzibarado']) {
    await screeningAt(await aMovie(db, title), theater, 4, '20:00');
  }
  assert.deepEqual(await titles({ q: 'zanzi' }), ['Zanzibar', 'Meia-noite em Zanzibar', 'Abrazanzibarado']);
});

test('by day, and by day and name; the days where the rest would be found are told', async () => {
  const tomorrow = await day(1);
  assert.deepEqual((await titles({ date: tomorrow })).sort(), [
    'Nosferatu, uma Sinfonia do Horror',
    'O Encouraçado Potemkin',
  ]);
  assert.deepEqual(await titles({ date: tomorrow, q: 'potemkin' }), ['O Encouraçado Potemkin']);
  const other = await searchMovies({ date: tomorrow, q: 'caligari' });
  assert.deepEqual([other.nowShowing, other.days], [[], [await day(2)]]);
  const impossible = await searchMovies({ date: '2026-02-30' });
  assert.deepEqual([impossible.nowShowing, impossible.total], [[], 0]);
});

test('a show after midnight belongs to the cinema day before, and says so', async () => {
  const query = { city: 'Rio Branco, AC', date: await day(1) };
  assert.ok((await titles(query)).includes('Nosferatu, uma Sinfonia do Horror'));
  assert.deepEqual(await titles({ ...query, date: await day(2) }), []);
  const movie = await readMovie(await slugOf(nosferatu), query);
  const screening = movie!.theaters[0]!.screenings[0]!;
  assert.deepEqual([screening.localTime, screening.afterMidnight], ['00:20', true]);
  assert.equal(screening.startsAt, `${await day(2)}T00:20:00-05:00`);
});

test('times are those of the theater, whatever the zone of the server', async () => {
  const movie = await readMovie(await slugOf(nosferatu), { city: 'recife, pe' });
  const screening = movie!.theaters[0]!.screenings[0]!;
  assert.deepEqual([movie!.theaters[0]!.name, screening.localTime], ['Cine Aurora', '19:30']);
  assert.equal(screening.startsAt, `${await day(1)}T19:30:00-03:00`);
});

test('place, language, format and accessibility narrow, each alone', async () => {
  const q = 'nosferatu';
  assert.equal((await searchMovies({ q })).nowShowing[0]!.screeningCount, 2);
  for (const only of [
    { city: 'Recife, PE' },
    { city: 'recife' },
    { theater: recife },
    { language: 'dubbed' as const },
    { format: 'IMAX' as const },
    { access: ['libras' as const] },
  ]) {
    const found = await searchMovies({ q, ...only });
    assert.equal(found.nowShowing[0]?.screeningCount, 1, JSON.stringify(only));
  }
  assert.deepEqual(await titles({ q, access: ['libras', 'captions'] }), []);
  assert.deepEqual(await titles({ access: ['captions'] }), ['O Gabinete do Dr. Caligari']);
  assert.deepEqual(await titles({ access: ['audio_description'] }), ['O Encouraçado Potemkin']);
  assert.deepEqual(await titles({ access: ['wheelchair'] }), []);
  assert.deepEqual(await titles({ city: 'Recife, SP' }), []);
});

test('free seats are counted: not sold ones, not held ones, but those whose hold has run out', async () => {
  const movie = await aMovie(db, 'Ganga Bruta');
  const made = await screeningAt(movie, recife, 5, '20:00');
  const set = (seats: string, until: string) =>
    db.rows(
      `update holds.tickets set state = 'held', order_id = gen_random_uuid(), held_until = now() + $2::interval
        where screening_id = $1 and seat_no between ${seats}`,
      [made, until],
    );
  await set('1 and 5', '1 minute');
  await set('6 and 9', '-1 second');
  const page = await readMovie(await slugOf(movie), {});
  const card = page!.theaters[0]!.screenings[0]!;
  assert.deepEqual([card.seatCount, card.availableCount, card.saleState], [50, 45, 'on_sale']);
  await set('1 and 50', '1 minute');
  const full = await readMovie(await slugOf(movie), {});
  assert.equal(full!.theaters[0]!.screenings[0]!.saleState, 'sold_out');
});

test('what is over, cancelled or not yet on sale is told apart', async () => {
  const movie = await aMovie(db, 'Carnaval de Almas');
  await screeningAt(movie, recife, 6, '20:00', `sales_open_at = now() + interval '1 day'`);
  await screeningAt(movie, recife, 6, '21:00', `status = 'paused'`);
  await screeningAt(movie, recife, 6, '22:00', `status = 'cancelled'`);
  await screeningAt(movie, recife, 6, '23:00', `sales_close_at = now() - interval '1 minute'`);
  const page = await readMovie(await slugOf(movie), {});
  assert.deepEqual(
    page!.theaters[0]!.screenings.map((screening) => [screening.localTime, screening.saleState]),
    [
      ['20:00', 'not_yet'],
      ['21:00', 'paused'],
    ],
  );
});

test('a film to come is announced until it has a screening', async () => {
  const movie = await aMovie(db, 'Limite Restaurado');
  await db.rows(`update catalog.movies set released_on = current_date + 20 where movie_id = $1`, [movie]);
  const before = await searchMovies({ q: 'limite' });
  assert.deepEqual([before.nowShowing.length, before.comingSoon[0]?.title], [0, 'Limite Restaurado']);
  await screeningAt(movie, recife, 20, '20:00');
  const after = await searchMovies({ q: 'limite' });
  assert.deepEqual([after.nowShowing[0]?.title, after.comingSoon], ['Limite Restaurado', []]);
});

test('pages follow each other without gap or repeat, the most shown first', async () => {
  const theater = await aTheater(db);
  const made = [];
  for (let n = 0; n < 60; n += 1) made.push(await aMovie(db, `Seriado ${String(n).padStart(2, '0')}`));
  for (const movieId of made.toReversed()) await screeningAt(movieId, theater, 7, '20:00');
  for (const movieId of [made[40]!, made[41]!, made[40]!]) await screeningAt(movieId, theater, 8, '20:00');
  const pages = [1, 2, 3, 4, 12].map((page) => searchMovies({ q: 'seriado', page }));
  const found = await Promise.all(pages);
  const expected = [made[40], made[41], ...made.slice(0, 40), ...made.slice(42)];
  assert.deepEqual(
    found.slice(0, 3).flatMap((page) => page.nowShowing.map((card) => card.movieId)),
    expected,
  );
  assert.deepEqual(
    found.map((page) => [page.total, page.nowShowing.length]),
    [
      [60, 24],
      [60, 24],
      [60, 12],
      [0, 0],
      [0, 0],
    ],
  );
});

test('cities and theaters with screenings come first', async () => {
  await anAuditorium(db, { theaterId: await aTheater(db, { city: 'Abadia', state: 'GO' }) });
  const { programme, moment } = await programmeNow();
  const cities = citiesOf(programme, moment).answer;
  assert.equal(cities[0]?.city, 'Recife, PE');
  assert.deepEqual(cities.at(-1), { city: 'Abadia, GO', theaterCount: 1, screeningCount: 0 });
  const theaters = theatersOf(programme, 'Rio Branco, AC', moment).answer;
  assert.deepEqual(
    theaters.map((theater) => [theater.name, theater.timeZone, theater.screeningCount]),
    [['Cine Seringal', 'America/Rio_Branco', 2]],
  );
});

test('an unknown movie is null', async () => {
  assert.equal(await readMovie('nao-existe', {}), null);
});
