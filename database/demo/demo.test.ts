import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { newId } from '#platform/ids';
import { testDatabase } from '#testing/database';
import { aTill } from '#testing/paying';
import { demoInWords, loadDemo } from './load-demo.ts';
import { readTable } from './read-table.ts';
import { sellDemo } from './sell-demo.ts';

const db = await testDatabase();
const count = async (text: string) => (await db.row<{ n: number }>(`select count(*)::integer as n from ${text}`))!.n;

test('the demo programme lies around today, and loading it again the same day changes nothing', async () => {
  const first = await loadDemo(db, { theatersMax: 2 });
  assert.ok(first.created > 200, `${first.created} of ${first.screenings} screenings`);
  const span = await db.row<{ from: number; to: number }>(
    `select min(cinema_day) - current_date as from, max(cinema_day) - current_date as to from screenings.screenings`,
  );
  assert.ok(span!.from <= 0 && span!.to >= 8, JSON.stringify(span));
  // Slots that the film before runs into are planned and never shown: they must not be told as if they were there.
  const there = await count('screenings.screenings');
  assert.deepEqual([first.screenings, first.created], [there, there]);
  assert.equal(demoInWords(first), `${there} screenings, all new`);
  const again = await loadDemo(db, { theatersMax: 2 });
  assert.deepEqual([again.screenings, again.created], [there, 0]);
  assert.equal(demoInWords(again), `${there} screenings, all there already`);
  assert.ok((await count(`screenings.screenings where sales_open_at > now()`)) > 0, 'some sales open later');
  assert.ok(
    (await count(`screenings.screenings where extract(hour from starts_at at time zone 'America/Recife') = 0`)) > 0,
  );
});

test('a start on a later day says how many of the screenings it added', () => {
  assert.equal(demoInWords({ screenings: 1030, created: 95 }), '1030 screenings, 95 of them new');
});

test('demo sales are real orders with tickets, and tell nobody; selling again sells nothing twice', async () => {
  const orders = await sellDemo(db, new AbortController().signal);
  assert.ok(orders > 20);
  assert.equal(await count(`orders.orders where state = 'paid'`), orders);
  const sold = await count(`holds.tickets where state = 'sold'`);
  assert.equal(await count('tickets.issued'), sold);
  assert.equal(await count('outbox.messages where published_at is null and topic <> $$seats_held$$'), 0);
  assert.equal(await sellDemo(db, new AbortController().signal), 0);
});

test('staff can refund a demo order: its seats are free and its tickets revoked, and no provider is asked', async () => {
  const till = await aTill(db);
  const one = `from orders.orders where state = 'paid' order by order_id limit 1`;
  const order = (await db.row<{ id: string }>(`select order_id as id ${one}`))!;
  const answer = await till.payments.refund({
    orderId: order.id,
    amountCents: null,
    reason: 'goodwill',
    requestedBy: newId(),
    requestKey: newId(),
  });
  assert.equal(answer.outcome, 'refunded');
  assert.equal(await count(`orders.orders where order_id = '${order.id}' and state = 'refunded'`), 1);
  assert.equal(await count(`tickets.issued where order_id = '${order.id}' and revoked_at is null`), 0);
});

test('every movie has its poster and its slots name movies and auditoriums that exist', async () => {
  const movies = await readTable('movies.csv');
  const posters = await readdir(join(import.meta.dirname, 'posters'));
  assert.deepEqual(movies.map((movie) => `${movie['cartaz']}.svg`).sort(), posters.sort());
  const codes = new Set(movies.map((movie) => movie['codigo']));
  const halls = new Set((await readTable('theaters.csv')).map((hall) => hall['codigo_sala']));
  for (const slot of await readTable('programme.csv')) {
    assert.ok(halls.has(slot['codigo_sala']!), JSON.stringify(slot));
    for (const film of slot['filmes']!.split('|')) assert.ok(codes.has(film), film);
  }
});
