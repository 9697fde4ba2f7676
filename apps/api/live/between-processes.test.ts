import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import { createSeatHolder, type HoldRequest, parseNotice } from '#capabilities/holds';
import { getSeat } from '#contracts/seat-states';
import { systemClock } from '#platform/clock';
import { newId } from '#platform/ids';
import { listen } from '#platform/listener';
import { aBuyer, aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { createSeatMaps } from './seat-maps.ts';

// Holds made at one process, heard at another: here two sets of maps with their own ears, and one writer.

const db = await testDatabase();
const log = pino({ level: 'silent' });

/** A holder that knows the prices of these screenings already: whoever has to read them comes a flush later. */
async function aWriter(lanes: number, screenings: readonly { screeningId: number }[]) {
  const holder = createSeatHolder({ connectionString: db.connectionString, holdSeconds: 480, lanes });
  after(() => holder.close());
  await Promise.all(screenings.map(({ screeningId }) => holder.hold(wish(screeningId, 999))));
  return holder;
}

/** Keeps every message between processes. */
async function anEar() {
  const heard: string[] = [];
  const onMessage = (payload: string) => void heard.push(payload);
  const listener = await listen({ db, channel: 'seat_changes', onMessage, onUp: () => {}, log });
  after(() => listener.close());
  return heard;
}

let people = 0;
function wish(screeningId: number, ...seatNos: number[]): HoldRequest {
  const buyer = aBuyer((people += 1));
  return {
    screeningId,
    seats: seatNos.map((seatNo) => ({ seatNo, kind: 'full' })),
    buyerId: buyer.accountId,
    buyerKey: buyer.buyerKey,
    key: randomUUID(),
    fingerprint: Buffer.alloc(32),
    correlationId: newId(),
  };
}

async function until(condition: () => boolean) {
  while (!condition()) await wait(2);
}

const seatsIn = (messages: string[]) => messages.reduce((sum, message) => sum + parseNotice(message).length, 0);

test('holds that travel in one batch are one message, however many orders and screenings', async () => {
  const screenings = await Promise.all(Array.from({ length: 4 }, () => aScreening(db)));
  const holder = await aWriter(1, screenings);
  const heard = await anEar();
  const wishes = screenings.flatMap(({ screeningId }) =>
    Array.from({ length: 20 }, (_, n) => wish(screeningId, 2 * n + 1, 2 * n + 2)),
  );
  const answers = await Promise.all(wishes.map((one) => holder.hold(one)));
  assert.ok(answers.every((answer) => 'hold' in answer && answer.hold.outcome === 'held'));
  await until(() => seatsIn(heard) === 160);
  assert.equal(heard.length, 1, '80 orders were one flush');
  // Alone in its flush, an order is a message of its own.
  await holder.hold(wish(screenings[0]!.screeningId, 41));
  await holder.hold(wish(screenings[0]!.screeningId, 42));
  await until(() => seatsIn(heard) === 162);
  assert.equal(heard.length, 3);
});

test('a full flush of 250 orders fits into one message of 8,000 bytes', async () => {
  const screenings = await Promise.all(Array.from({ length: 10 }, () => aScreening(db)));
  const holder = await aWriter(1, screenings);
  const heard = await anEar();
  const wishes = screenings.flatMap(({ screeningId }) =>
    Array.from({ length: 25 }, (_, n) => wish(screeningId, 2 * n + 1, 2 * n + 2)),
  );
  await Promise.all(wishes.map((one) => holder.hold(one)));
  await until(() => seatsIn(heard) === 500);
  assert.equal(heard.length, 1);
  assert.ok(heard.every((message) => message.length < 8_000));
});

test('a hold is on the screens of every process, and each hears only what commits', async () => {
  const { screeningId } = await aScreening(db);
  const holder = await aWriter(2, []);
  const processes = await Promise.all([1, 2].map(() => createSeatMaps({ db, log, clock: systemClock })));
  after(() => Promise.all(processes.map((maps) => maps.close())));
  const maps = await Promise.all(processes.map((each) => each.get(screeningId)));
  const heard = await anEar();
  await holder.hold(wish(screeningId, 7));
  const [first] = await Promise.all([holder.hold(wish(screeningId, 8, 9)), holder.hold(wish(screeningId, 9, 10))]);
  assert.ok('hold' in first && first.hold.outcome === 'held');
  await until(() => maps.every((map) => getSeat(map!.states(), 7) === 1 && getSeat(map!.states(), 9) === 1));
  for (const map of maps) assert.equal(getSeat(map!.states(), 10), 0, 'who lost seat 9 does not show seat 10 as held');
  // The ear is a connection of its own, and may hear later than the maps.
  await until(() => seatsIn(heard) >= 3);
  assert.equal(seatsIn(heard), 3);
});
