import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aMovie, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { aProcess, counts, json, until } from './testing.ts';

const db = await testDatabase();
const holder = aSeatHolder(db, 60);
const hearing = await aProcess(db);
after(() => Promise.all([hearing.reading.close(), holder.close()]));

const movieId = await aMovie(db, 'Limite');
const film = await aScreening(db, { movieId, rows: 2, perRow: 5 });
const slug = (await db.row<{ slug: string }>('select slug from catalog.movies where movie_id = $1', [movieId]))!.slug;
const priceAt = async (reading: typeof hearing.reading) =>
  json(await reading.search({ q: 'limite' })).nowShowing[0]?.priceFromCents;
const setPrice = (cents: number) =>
  db.rows('update screenings.screenings set price_cents = $2 where screening_id = $1', [film.screeningId, cents]);
const settled = (reading: typeof hearing.reading, cents: number) =>
  until(`price ${cents}`, async () => (await priceAt(reading)) === cents);

test('who does not hear keeps the old answer until its time is over, and who hears has the new (the guard is needed)', async () => {
  await setPrice(1_000);
  await settled(hearing.reading, 1_000);
  const deaf = await aProcess(db, { deaf: true });
  assert.deepEqual([await priceAt(deaf.reading), await counts(deaf.reading, slug)], [1_000, [10]]);
  assert.equal(json(await deaf.reading.screening(film.screeningId)).priceCents, 1_000);
  await setPrice(1_100);
  const order = await aHeldOrder(holder, film.screeningId, [1, 2]);
  assert.ok(order.orderId);
  await settled(hearing.reading, 1_100);
  await until('eight left', async () => (await counts(hearing.reading, slug))[0] === 8);
  assert.deepEqual([await priceAt(deaf.reading), await counts(deaf.reading, slug)], [1_000, [10]]);
  assert.equal(json(await deaf.reading.screening(film.screeningId)).priceCents, 1_000);
  // 200 ms later the database is asked, once and for everybody.
  deaf.clock.pass(200);
  assert.deepEqual([await priceAt(deaf.reading), await counts(deaf.reading, slug)], [1_100, [8]]);
  assert.equal(json(await deaf.reading.screening(film.screeningId)).priceCents, 1_100);
  await deaf.reading.close();
});

test('a deaf process asks one small question every 200 ms, and reads nothing when nothing has changed', async () => {
  const deaf = await aProcess(db, { deaf: true });
  await priceAt(deaf.reading);
  const before = deaf.gate.queries;
  await Promise.all(Array.from({ length: 500 }, () => priceAt(deaf.reading)));
  assert.equal(deaf.gate.queries, before);
  deaf.clock.pass(200);
  await Promise.all(Array.from({ length: 500 }, (_each, n) => deaf.reading.search({ q: `limite ${n % 7}` })));
  assert.equal(deaf.gate.queries, before + 1);
  await deaf.reading.close();
});

test('after its connections were cut, a process reads everything again and finds what it missed', async () => {
  await setPrice(1_200);
  await settled(hearing.reading, 1_200);
  const free = (await counts(hearing.reading, slug))[0]!;
  // Committed together with the cut, so that no notice of it can arrive.
  await db.transaction(async (tx) => {
    await tx.rows('alter table screenings.screenings disable trigger tell_update');
    await tx.rows('update screenings.screenings set price_cents = 1300 where screening_id = $1', [film.screeningId]);
    await tx.rows(`update holds.tickets set state = 'blocked' where screening_id = $1 and seat_no = 9`, [
      film.screeningId,
    ]);
    await tx.rows('alter table screenings.screenings enable trigger tell_update');
  });
  assert.deepEqual([await priceAt(hearing.reading), await counts(hearing.reading, slug)], [1_200, [free]]);
  await db.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen %' or query = 'select 1'`,
  );
  await settled(hearing.reading, 1_300);
  await until('counted again', async () => (await counts(hearing.reading, slug))[0] === free - 1);
  await until('hears again', async () => hearing.reading.listening());
});

test('in steady state the database is asked nothing', async () => {
  const addresses = ['/s', '/m', '/p', '/c', '/t'];
  const askAll = () => [
    hearing.reading.search({ q: 'limite' }, addresses[0]),
    hearing.reading.movie(slug, {}, addresses[1]),
    hearing.reading.screening(film.screeningId, addresses[2]),
    hearing.reading.cities(addresses[3]),
    hearing.reading.theaters('Recife, PE', addresses[4]),
  ];
  await Promise.all(askAll());
  const before = hearing.gate.queries;
  hearing.clock.pass(1_000);
  for (let round = 0; round < 1_000; round += 1) await Promise.all(askAll());
  // What nobody has asked before is found without the database too, with typing errors and all.
  for (let n = 0; n < 200; n += 1) await hearing.reading.search({ q: `limyte ${n}`, city: 'Recife, PE' });
  assert.ok(addresses.every((address) => hearing.reading.peek(address) !== null));
  assert.equal(hearing.gate.queries, before);
});

test('a thousand who ask at once for what is not there yet cost one reading', async () => {
  const fresh = await aProcess(db);
  await until('read', async () => fresh.reading.listening() && (await priceAt(fresh.reading)) > 0);
  const ask = async (many: number, one: () => Promise<unknown>) => {
    const before = fresh.gate.queries;
    await Promise.all(Array.from({ length: many }, one));
    return fresh.gate.queries - before;
  };
  assert.equal(await ask(1_000, () => fresh.reading.search({ q: 'limite', page: 2 })), 0);
  assert.equal(await ask(1_000, () => fresh.reading.movie(slug, {})), 1, 'the seats of its screenings');
  assert.equal(await ask(1_000, () => fresh.reading.screening(film.screeningId)), 1, 'the seats are known by now');
  await fresh.reading.close();
});

test('a burst of changes is read in few readings, answers are given all the while, and the last one counts', async () => {
  await setPrice(2_000);
  await settled(hearing.reading, 2_000);
  const before = hearing.gate.queries;
  let answers = 0;
  const going = new AbortController();
  const asking = (async () => {
    while (!going.signal.aborted) {
      assert.ok((await priceAt(hearing.reading)) >= 2_000);
      answers += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let cents = 2_001; cents <= 2_300; cents += 1) await setPrice(cents);
  await settled(hearing.reading, 2_300);
  going.abort();
  await asking;
  const queries = hearing.gate.queries - before;
  assert.ok(queries < 150, `${queries} queries for 300 changes`);
  assert.ok(answers > 20, `${answers} answers`);
});

test('while a change is being read the old answer is given, 200 ms at most', async () => {
  await setPrice(3_000);
  await settled(hearing.reading, 3_000);
  await hearing.reading.search({ q: 'limite' }, '/slow');
  let open = () => {};
  hearing.gate.open = new Promise((resolve) => (open = resolve));
  const before = hearing.gate.queries;
  await setPrice(3_001);
  await until('being read', async () => hearing.gate.queries > before);
  assert.equal(json(hearing.reading.peek('/slow')).nowShowing[0].priceFromCents, 3_000);
  assert.equal(await priceAt(hearing.reading), 3_000);
  hearing.clock.pass(200);
  assert.equal(hearing.reading.peek('/slow'), null);
  const late = priceAt(hearing.reading);
  open();
  assert.equal(await late, 3_001);
  hearing.gate.open = Promise.resolve();
});

test('a process trusts its first reading from the start: no time passes that makes it ask again', async () => {
  for (let start = 0; start < 5; start += 1) {
    const fresh = await aProcess(db);
    await fresh.reading.search({ q: 'limite' }, '/first');
    const before = fresh.gate.queries;
    fresh.clock.pass(60_000);
    assert.notEqual(fresh.reading.peek('/first'), null);
    assert.equal(fresh.gate.queries, before);
    await fresh.reading.close();
  }
});

test('a database that fails is a fault, and is asked again', async () => {
  const fresh = await aProcess(db, { deaf: true });
  fresh.gate.open = Promise.reject(new Error('the database is away'));
  fresh.gate.open.catch(() => {});
  await assert.rejects(fresh.reading.search({ q: 'limite' }), /away/);
  fresh.gate.open = Promise.resolve();
  assert.equal(json(await fresh.reading.search({ q: 'limite' })).total, 1);
  await fresh.reading.close();
});

test('a new day is another calendar: everything is read again', async () => {
  const mine = await aProcess(db);
  await until('read', async () => (await priceAt(mine.reading)) > 0);
  await mine.reading.search({ q: 'limite' }, '/day');
  const before = mine.gate.queries;
  mine.clock.pass(86_400_000);
  assert.equal(mine.reading.peek('/day'), null);
  await mine.reading.search({ q: 'limite' });
  assert.ok(mine.gate.queries > before);
  await mine.reading.close();
});
