import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { listOrders, readOrder } from '#capabilities/orders';
import { readBoard, readScreeningOccupancy, searchOrders } from '#capabilities/reports';
import { listTickets } from '#capabilities/tickets';
import { ARCHIVE_DAYS, archiveNow, aSoldScreening, hotRows, letItEnd, seatCounts } from '#testing/archiving';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder, aWish, holdNow, letTimePass } from '#testing/holding';
import { testAccounts } from '#testing/people';
import { testKeys } from '#testing/sold-tickets';
import { blockSeats, createArchiver, readScreening, readSeatRows } from './index.ts';

const db = await testDatabase();
const holder = aSeatHolder(db);
after(() => holder.close());
const accounts = testAccounts(db);
const limits = { afterDays: ARCHIVE_DAYS, looksPerTurn: 500, movesPerTurn: 100 };

/** Everything that people can see of a screening and of the orders in it. */
async function allThatIsSeen(screeningId: number, orders: readonly { orderId: string; buyerId: string }[]) {
  const rows = await readSeatRows(db, screeningId);
  const screening = await readScreening(db, screeningId);
  const ofOrders = orders.map(async ({ orderId, buyerId }) => [
    { ...(await readOrder(db, { orderId, buyerId })), serverTime: null },
    (await listOrders(db, { buyerId, limit: 9 })).map((order) => order.state),
    await listTickets({ db, keys: testKeys }, { orderId }),
    await searchOrders(db, { q: orderId, page: 1 }),
    (await accounts.exportPersonalData(buyerId))!['orders'],
  ]);
  return {
    seats: rows!.seats.sort((a, b) => a.no - b.no),
    size: [rows!.seatCount, rows!.quota],
    prices: screening!.priceExceptions,
    occupancy: await readScreeningOccupancy(db, screeningId),
    board: (await readBoard(db, { day: screening!.cinemaDay })).screenings,
    orders: await Promise.all(ofOrders),
  };
}

test('an old screening leaves the hot tables, and everybody sees what was seen before', async () => {
  const { screeningId, orders } = await aSoldScreening(db, holder);
  for (const { buyerId } of orders) {
    await db.rows('insert into accounts.accounts (account_id, email) values ($1, $2)', [
      buyerId,
      `${buyerId}@x.example`,
    ]);
  }
  await letItEnd(db, screeningId, 46);
  const before = await allThatIsSeen(screeningId, orders);
  assert.equal(before.seats.filter((seat) => seat.state === 2).length, 3);
  assert.deepEqual(before.prices, [[30, 4500]]);
  const turn = await createArchiver({ db, limits }).turn();
  assert.deepEqual(turn, { archived: 1, unsettled: [], differs: [] });
  assert.equal(await hotRows(db, screeningId), 0);
  assert.deepEqual(await allThatIsSeen(screeningId, orders), before);
  assert.equal(await archiveNow(db, screeningId), 'archived', 'again: nothing more happens');
  assert.deepEqual(await allThatIsSeen(screeningId, orders), before);
});

test('a screening of 44 days stays whole, also one that is still on sale after its end', async () => {
  const young = await aSoldScreening(db, holder);
  await letItEnd(db, young.screeningId, 44);
  const onSale = await aScreening(db);
  await letItEnd(db, onSale.screeningId, 46);
  await db.rows(`update screenings.screenings set sales_close_at = 'infinity' where screening_id = $1`, [
    onSale.screeningId,
  ]);
  assert.deepEqual(await createArchiver({ db, limits }).turn(), { archived: 0, unsettled: [], differs: [] });
  assert.equal(await hotRows(db, young.screeningId), 51);
  assert.equal(await hotRows(db, onSale.screeningId), 51);
});

test('a hold that nobody paid is a free seat in the archive; one that runs keeps its screening out of it', async () => {
  const { screeningId } = await aScreening(db);
  const order = await aHeldOrder(holder, screeningId, [3]);
  await letItEnd(db, screeningId, 46);
  assert.equal(await archiveNow(db, screeningId), 'unsettled');
  await letTimePass(db, order.orderId, 1);
  assert.equal(await archiveNow(db, screeningId), 'archived');
  assert.deepEqual(await seatCounts(db, screeningId), { available: 50 });
});

test('nothing of an archived screening can be held or blocked, and an import cannot give it another movie', async () => {
  const { screeningId } = await aScreening(db);
  await letItEnd(db, screeningId, 46);
  assert.equal(await archiveNow(db, screeningId), 'archived');
  assert.equal((await holdNow(holder, aWish(screeningId, [1]))).outcome, 'screening_closed');
  const block = await db.transaction((tx) => blockSeats(tx, { screeningId, seatNos: [1], blocked: true }));
  assert.equal(block.outcome, 'seat_unknown');
  const { kept } = (await db.row<{ kept: boolean }>('select screenings.has_sales($1) as kept', [screeningId]))!;
  assert.equal(kept, true);
});

test('seats that are registered afterwards join the others', async () => {
  const { screeningId } = await aSoldScreening(db, holder);
  await letItEnd(db, screeningId, 46);
  await archiveNow(db, screeningId);
  await db.rows('insert into holds.tickets (screening_id, seat_no, price_cents) values ($1, 51, 100)', [screeningId]);
  assert.equal(await archiveNow(db, screeningId), 'archived');
  assert.deepEqual(await seatCounts(db, screeningId), { available: 47, blocked: 1, sold: 3 });
  assert.equal(await hotRows(db, screeningId), 0);
});

test('tickets under a reserved number belong to an import and are left alone', async () => {
  await db.rows('insert into holds.tickets (screening_id, seat_no, price_cents) values (2000000000, 1, 100)');
  assert.equal((await createArchiver({ db, limits }).turn()).archived, 0);
  assert.equal(await archiveNow(db, 2_000_000_000), 'unknown');
  assert.equal(await hotRows(db, 2_000_000_000), 1);
});

test('turns are bounded and go round: what waits does not keep others waiting', async () => {
  const old = [];
  for (let n = 0; n < 7; n += 1) old.push((await aScreening(db)).screeningId);
  for (const screeningId of old) await letItEnd(db, screeningId, 46);
  const waiting = await aHeldOrder(holder, (await aScreening(db)).screeningId, [1]);
  await letItEnd(db, waiting.screeningId, 46);
  const archiver = createArchiver({ db, limits: { afterDays: ARCHIVE_DAYS, looksPerTurn: 3, movesPerTurn: 2 } });
  const turns = [];
  for (let n = 0; n < 12; n += 1) turns.push(await archiver.turn());
  assert.ok(turns.every((turn) => turn.archived <= 2));
  assert.equal(
    turns.reduce((sum, turn) => sum + turn.archived, 0),
    7,
  );
  assert.ok(turns.filter((turn) => turn.unsettled.includes(waiting.screeningId)).length >= 2, 'asked in every round');
  await letTimePass(db, waiting.orderId, 1);
  let archived = 0;
  for (let n = 0; n < 12; n += 1) archived += (await archiver.turn()).archived;
  assert.equal(archived, 1);
});
