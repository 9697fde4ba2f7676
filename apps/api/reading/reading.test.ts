import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setSalesStatus } from '#capabilities/screenings';
import { aMovie, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { importText, loadWorld } from '../../../capabilities/imports/testing.ts';
import { undoRun } from '#capabilities/imports';
import type { Database } from '#platform/postgres';
import { aProcess, counts, json, until } from './testing.ts';

const db = await testDatabase();
const holder = aSeatHolder(db, 60);
const here = await aProcess(db);
const there = await aProcess(db);
const both = [here.reading, there.reading];
after(() => Promise.all([here.reading.close(), there.reading.close(), holder.close()]));

let serial = 0;
/** A movie with one screening of ten seats, and its slug. */
async function aFilm(options: Parameters<typeof aScreening>[1] = {}) {
  const title = `Fita ${(serial += 1)}`;
  const movieId = await aMovie(db, title);
  const made = await aScreening(db, { movieId, rows: 2, perRow: 5, ...options });
  const row = await db.row<{ slug: string }>('select slug from catalog.movies where movie_id = $1', [movieId]);
  return { ...made, title, slug: row!.slug };
}
/** At midnight a process reads everything again, and the time with it: here no clock could pass over it. */
const withoutMidnight = (database: Database): Database => ({
  ...database,
  rows: async (text, values) => {
    const rows = await database.rows<{ nowMs?: number; dayEndsMs?: number }>(text, values);
    return rows.map((row) => (row.dayEndsMs ? { ...row, dayEndsMs: row.nowMs! + 86_400_000 } : row)) as never;
  },
});
const setStatus = (screeningId: number, status: 'on_sale' | 'paused') =>
  db.transaction((tx) => setSalesStatus(tx, { screeningId, status }));
const saleStateOf = async (reading: (typeof both)[number], screeningId: number) =>
  json(await reading.screening(screeningId))?.saleState;
const cardsOf = async (reading: (typeof both)[number], q: string) => json(await reading.search({ q })).nowShowing;

// The clocks of both processes stand still: what becomes another does so because it was told, not because time passed.

test('a pause is seen on the screening page and the movie page of every process', async () => {
  const film = await aFilm();
  for (const reading of both) {
    await until('published', async () => (await counts(reading, film.slug)).length === 1);
    assert.equal(await saleStateOf(reading, film.screeningId), 'on_sale');
  }
  await setStatus(film.screeningId, 'paused');
  for (const reading of both) {
    await until('paused', async () => (await saleStateOf(reading, film.screeningId)) === 'paused');
    await until('paused on the movie page', async () => {
      const page = json(await reading.movie(film.slug, {}));
      return page.theaters[0].screenings[0].saleState === 'paused';
    });
  }
});

test('a new screening, a new price and a new title are found at every process, and a deleted screening is not', async () => {
  const film = await aFilm();
  for (const reading of both)
    await until('found', async () => (await cardsOf(reading, film.title))[0]?.screeningCount === 1);
  await aScreening(db, { movieId: film.movieId });
  await db.rows('update screenings.screenings set price_cents = 900 where screening_id = $1', [film.screeningId]);
  await db.rows(`update catalog.movies set title = 'Película ' || movie_id where movie_id = $1`, [film.movieId]);
  for (const reading of both) {
    await until('everything', async () => {
      const [card] = await cardsOf(reading, `PELICULA  ${film.movieId}`);
      return card?.screeningCount === 2 && card.priceFromCents === 900;
    });
    await until('page', async () => json(await reading.screening(film.screeningId)).priceCents === 900);
    const old = await cardsOf(reading, film.title);
    assert.ok(old.every((card: { movieId: number }) => card.movieId !== film.movieId));
  }
  await db.rows('delete from holds.tickets where screening_id = $1', [film.screeningId]);
  await db.rows('delete from screenings.screenings where screening_id = $1', [film.screeningId]);
  for (const reading of both) {
    await until('gone', async () => (await reading.screening(film.screeningId)) === null);
    await until('one less', async () => (await cardsOf(reading, `pelicula ${film.movieId}`))[0]?.screeningCount === 1);
  }
});

test('a theater and an auditorium that are renamed or moved are so on every page that names them', async () => {
  const film = await aFilm();
  for (const reading of both) await until('found', async () => (await counts(reading, film.slug)).length === 1);
  for (const reading of both) await reading.screening(film.screeningId);
  await db.rows(
    `update catalog.theaters set name = 'Cine Novo', city = 'Olinda', time_zone = 'America/Noronha'
                  where theater_id = $1`,
    [film.theaterId],
  );
  await db.rows(`update catalog.auditoriums set name = 'Sala Azul', seats_wheelchair = 2 where auditorium_id = $1`, [
    film.auditoriumId,
  ]);
  for (const reading of both) {
    await until('movie page', async () => {
      const { theaters } = json(await reading.movie(film.slug, { city: 'Olinda, PE', access: ['wheelchair'] }));
      const screening = theaters[0]?.screenings[0];
      return (
        theaters[0]?.name === 'Cine Novo' &&
        screening.auditorium === 'Sala Azul' &&
        screening.startsAt.endsWith('-02:00')
      );
    });
    await until('screening page', async () => {
      const page = json(await reading.screening(film.screeningId));
      return page.theater.name === 'Cine Novo' && page.auditorium.name === 'Sala Azul';
    });
    await until('city', async () =>
      json(await reading.cities()).some((city: { city: string }) => city.city === 'Olinda, PE'),
    );
    assert.equal(json(await reading.theaters('olinda')).length, 1);
  }
});

test('an imported programme appears at every process, and goes when it is undone', async () => {
  await loadWorld(db);
  const day = (await db.row<{ day: string }>('select (current_date + 3)::text as day'))!.day;
  const run = await importText(db, 'screenings', `sala;filme;data;hora;preco\nP1-1;Metropolis;${day};19:30;R$ 32,50\n`);
  for (const reading of both) await until('imported', async () => (await cardsOf(reading, 'metropolis')).length === 1);
  assert.equal(await db.transaction((tx) => undoRun(tx, run.run)), 'undone');
  for (const reading of both) await until('undone', async () => (await cardsOf(reading, 'metropolis')).length === 0);
});

test('held and freed seats are counted on the movie page, and the last one sells the screening out, everywhere', async () => {
  const film = await aFilm();
  for (const reading of both) await until('all free', async () => (await counts(reading, film.slug))[0] === 10);
  for (const reading of both) assert.equal(await saleStateOf(reading, film.screeningId), 'on_sale');
  await aHeldOrder(holder, film.screeningId, [1, 2, 3, 4]);
  for (const reading of both) await until('six left', async () => (await counts(reading, film.slug))[0] === 6);
  await aHeldOrder(holder, film.screeningId, [5, 6, 7, 8, 9, 10]);
  for (const reading of both) {
    await until('sold out', async () => (await saleStateOf(reading, film.screeningId)) === 'sold_out');
    await until('none left', async () => (await counts(reading, film.slug))[0] === 0);
    const page = json(await reading.movie(film.slug, {}));
    assert.equal(page.theaters[0].screenings[0].saleState, 'sold_out');
  }
  // Nobody tells that a hold has ended; the clock says it.
  here.clock.pass(61_000);
  await until('free again', async () => (await counts(here.reading, film.slug))[0] === 10);
  assert.equal(await saleStateOf(here.reading, film.screeningId), 'on_sale');
  assert.equal(await saleStateOf(there.reading, film.screeningId), 'sold_out');
});

test('what depends on the time ends by itself: sales open, sales close, and no notice is needed', async () => {
  const mine = await aProcess(withoutMidnight(db));
  const film = await aFilm({ startsAt: new Date(Date.now() + 3_600_000) });
  await db.rows(
    `update screenings.screenings set sales_open_at = now() + interval '10 minutes' where screening_id = $1`,
    [film.screeningId],
  );
  const state = async () => json(await mine.reading.movie(film.slug, {})).theaters[0]?.screenings[0]?.saleState;
  await until('announced', async () => (await state()) === 'not_yet');
  assert.equal(await saleStateOf(mine.reading, film.screeningId), 'not_yet');
  mine.clock.pass(599_000);
  assert.deepEqual([await state(), await saleStateOf(mine.reading, film.screeningId)], ['not_yet', 'not_yet']);
  mine.clock.pass(2_000);
  assert.deepEqual([await state(), await saleStateOf(mine.reading, film.screeningId)], ['on_sale', 'on_sale']);
  assert.equal((await cardsOf(mine.reading, film.title)).length, 1);
  mine.clock.pass(3_600_000 + 15 * 60_000);
  assert.deepEqual([await state(), await saleStateOf(mine.reading, film.screeningId)], [undefined, 'closed']);
  assert.equal((await cardsOf(mine.reading, film.title)).length, 0);
  await mine.reading.close();
});

test('the same content has the same ETag at every process, and another after a change', async () => {
  const film = await aFilm();
  const etags = async (reading: (typeof both)[number]) => [
    (await reading.search({ q: film.title })).etag,
    (await reading.movie(film.slug, {}))!.etag,
    (await reading.screening(film.screeningId))!.etag,
  ];
  for (const reading of both) await until('found', async () => (await counts(reading, film.slug))[0] === 10);
  const before = await etags(here.reading);
  assert.deepEqual(await etags(there.reading), before);
  await db.rows('update screenings.screenings set price_cents = 777 where screening_id = $1', [film.screeningId]);
  for (const [at, etag] of before.entries())
    await until('another ETag', async () => (await etags(here.reading))[at] !== etag);
  await until('the same there', async () => String(await etags(there.reading)) === String(await etags(here.reading)));
});

test('an address answered once is known without waiting, until what it says is another', async () => {
  const film = await aFilm();
  await until('found', async () => (await counts(here.reading, film.slug))[0] === 10);
  const address = `/api/screenings/${film.screeningId}?from=x`;
  assert.equal(here.reading.peek(address), null);
  await here.reading.screening(film.screeningId, address);
  assert.equal(here.reading.peek(address), await here.reading.screening(film.screeningId));
  const search = `/api/search?q=${encodeURIComponent(film.title)}`;
  await here.reading.search({ q: film.title }, search);
  await here.reading.search({ q: film.title.toUpperCase() }, `${search}&other=spelling`);
  assert.equal(here.reading.peek(search), here.reading.peek(`${search}&other=spelling`));
  assert.equal(json(here.reading.peek(search)).total, 1);
  await setStatus(film.screeningId, 'paused');
  await until('dropped', async () => here.reading.peek(address) === null && here.reading.peek(search) === null);
});
