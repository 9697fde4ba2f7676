import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { ALL_CAREFUL, audit, editHoldSeats, PAUSE, PAUSE_SETS, type Receipt, seatProcesses } from '#testing/racing';

// Two real API processes over HTTP, one database. Every guard of the hold function has a control: the same race with
// the guard taken out of the function's text, in which the auditor must see the damage.

const db = await testDatabase();
const processes = await seatProcesses(db, 2);
after(() => processes.close());

const codes = (receipts: readonly Receipt[]) => {
  const counts: Record<string, number> = {};
  for (const receipt of receipts) counts[receipt.code] = (counts[receipt.code] ?? 0) + 1;
  return counts;
};

/** 200 buyers, each wanting one of ten seats (or of so many), all at once. */
async function rushForTenSeats(seats = 10) {
  const { screeningId } = await aScreening(db, { rows: 1, perRow: 10 });
  const receipts = await Promise.all(
    Array.from({ length: 200 }, (_, buyer) => processes.hold(screeningId, buyer, [(buyer % seats) + 1])),
  );
  return { receipts, wrong: await audit(db, screeningId, receipts) };
}

/** One CPF, sixty seats at once in wishes of so many, nobody in the way. */
async function rushOfOneBuyer(seatsPerWish: number) {
  const { screeningId } = await aScreening(db, { rows: 6, perRow: 10 });
  const receipts = await Promise.all(
    Array.from({ length: 60 / seatsPerWish }, (_, wish) =>
      processes.hold(
        screeningId,
        7,
        Array.from({ length: seatsPerWish }, (_, seat) => wish * seatsPerWish + seat + 1),
      ),
    ),
  );
  return { receipts, wrong: await audit(db, screeningId, receipts) };
}

/** Sixty students, a quota of ten, a seat for each. */
async function rushForHalfPrice(promised?: number) {
  const { screeningId } = await aScreening(db, { rows: 6, perRow: 10, quota: 10 });
  if (promised !== undefined) {
    await db.rows('update holds.quotas set promised = $2 where screening_id = $1', [screeningId, promised]);
  }
  const receipts = await Promise.all(
    Array.from({ length: 60 }, (_, index) => processes.hold(screeningId, index, [index + 1], 'half_student')),
  );
  return { receipts, wrong: await audit(db, screeningId, receipts) };
}

/** As they are, with time for every race to happen, and with all requests sent to the careful look. */
const WAYS = [{}, { sets: [PAUSE_SETS], careful: [PAUSE] }, { sets: [ALL_CAREFUL], careful: [PAUSE] }] as const;
const OWNER = / *and \(t\.state = 'available' or .* -- guard: seat owner/g;

test('200 buyers on 10 seats at two processes: exactly 10 hold, all others are told of the taken seat', async () => {
  for (const edits of WAYS) {
    await editHoldSeats(db, edits);
    const { receipts, wrong } = await rushForTenSeats();
    assert.deepEqual(wrong, []);
    assert.deepEqual(codes(receipts), { held: 10, seat_taken: 190 });
  }
});

test('control: without the owner guard the same rush promises seats twice, and the auditor sees it', async () => {
  await editHoldSeats(db, { sets: [[OWNER, '']] });
  const { receipts, wrong } = await rushForTenSeats();
  assert.ok(codes(receipts)['held']! > 10);
  assert.ok(wrong.some((line) => line.includes('was promised')));
});

test('control: without locking the seats in the careful look, two processes promise one seat twice', async () => {
  const unlocked = ['order by t.seat_no for update skip locked) as locked', 'order by t.seat_no) as locked'] as const;
  // Long enough for a busy machine to bring the rival's first flush into it; only who believes to have won waits.
  const longPause = [PAUSE[0], PAUSE[1].replace('0.04', '0.4')] as const;
  await editHoldSeats(db, { sets: [ALL_CAREFUL], careful: [longPause, unlocked] });
  // One seat: with several, each process could wait for one of the other's, and the deadlock would undo a whole flush.
  const { wrong } = await rushForTenSeats(1);
  assert.ok(wrong.some((line) => line.includes('was promised')));
});

test('one seat of a pair is gone: the other is given back; without that, it is held and nobody was told', async () => {
  const overlapping = async () => {
    const { screeningId } = await aScreening(db, { rows: 1, perRow: 10 });
    const first = await processes.hold(screeningId, 1, [2]);
    const receipts = [
      first,
      await processes.hold(screeningId, 2, [1, 2]),
      await processes.hold(screeningId, 3, [2, 3]),
    ];
    const wrong = await audit(db, screeningId, receipts);
    return wrong.map((text) => text.replace(` of screening ${screeningId}`, ''));
  };
  await editHoldSeats(db);
  assert.deepEqual(await overlapping(), []);
  await editHoldSeats(db, { sets: [['where w.request_no = any(v_partly) -- guard: all or none', 'where false']] });
  const forNobody = 'is held for an order that is unknown and does not list it';
  assert.deepEqual(await overlapping(), [`seat 1 ${forNobody}`, `seat 3 ${forNobody}`]);
});

test('one CPF asking for 60 seats at two processes gets 10, and is told of the limit 50 times', async () => {
  for (const edits of WAYS) {
    await editHoldSeats(db, edits);
    const single = await rushOfOneBuyer(1);
    assert.deepEqual(single.wrong, []);
    assert.deepEqual(codes(single.receipts), { held: 10, limit_reached: 50 });
    const sixes = await rushOfOneBuyer(6);
    assert.deepEqual(sixes.wrong, []);
    assert.deepEqual(codes(sixes.receipts), { held: 1, limit_reached: 9 });
  }
});

test('control: without the limit one CPF gets all it asks for', async () => {
  await editHoldSeats(db, { careful: [['> c_tickets_max then', '> 1000 then']] });
  const { wrong } = await rushOfOneBuyer(6);
  assert.ok(wrong.some((line) => /buyer 7 holds \d+ seats/.test(line)));
});

test('control: when two orders of a buyer can be made at once without meeting, one CPF gets above 10', async () => {
  // Serial numbers by chance instead of the next one: nothing in the key is the same any more.
  const anySerial = [
    'case when v_seen.theirs is null then p_order_id\n                   else holds.next_id(v_seen.theirs[cardinality(v_seen.theirs)]) end;',
    "overlay(p_order_id::text placing lpad(to_hex((random() * 60000)::integer), 4, '0') from 25 for 4)::uuid;",
  ] as const;
  await editHoldSeats(db, { sets: [ALL_CAREFUL], careful: [PAUSE, anySerial] });
  const { wrong } = await rushOfOneBuyer(6);
  assert.ok(wrong.some((line) => /buyer 7 holds \d+ seats/.test(line)));
});

test('60 students, a quota of 10, two processes: 10 at half price, the others are told', async () => {
  for (const edits of WAYS) {
    await editHoldSeats(db, edits);
    const { receipts, wrong } = await rushForHalfPrice();
    assert.deepEqual(wrong, []);
    assert.deepEqual(codes(receipts), { held: 10, half_price_exhausted: 50 });
  }
});

test('control: without the lock before counting, two processes sell more half price than the quota', async () => {
  const unlocked = ['for update skip locked; -- guard: quota lock', ';'] as const;
  await editHoldSeats(db, { sets: [ALL_CAREFUL], careful: [PAUSE, unlocked] });
  // With its row made before, and full: whoever makes it, or promises by sets, locks it as well.
  const { wrong } = await rushForHalfPrice(10);
  assert.ok(wrong.some((line) => line.endsWith('half-price tickets of 10')));
});

test('control: without the quota in either part, everybody gets half price', async () => {
  await editHoldSeats(db, { careful: [['if p_half > v_left then -- guard: quota', 'if false then']] });
  const careful = await rushForHalfPrice();
  assert.deepEqual(codes(careful.receipts), { held: 60 });
  assert.deepEqual(careful.wrong, ['60 half-price tickets of 10']);
  await editHoldSeats(db, { sets: [['and q.promised + w.half <= s.half_price_quota -- guard: quota', '']] });
  const { wrong } = await rushForHalfPrice(10);
  assert.ok(wrong.some((line) => line.endsWith('half-price tickets of 10')));
});

test('groups that overlap in opposite order at two processes do not block each other, all or nothing', async () => {
  await editHoldSeats(db);
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10 });
  const receipts = await Promise.all(
    Array.from({ length: 100 }, (_, buyer) => {
      const start = (buyer * 7) % 17;
      const seats = [start + 1, start + 2, start + 3, start + 4];
      return processes.hold(screeningId, buyer, buyer % 2 ? seats : seats.reverse());
    }),
  );
  assert.deepEqual(await audit(db, screeningId, receipts), []);
  assert.ok(codes(receipts)['held']! >= 1);
});

test('the same key six times at two processes at once: one order, and nobody hears of a second', async () => {
  await editHoldSeats(db, { sets: [PAUSE_SETS], careful: [PAUSE] });
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10 });
  const receipts = await Promise.all(
    Array.from({ length: 10 }, (_, buyer) => {
      const key = `key-${screeningId}-${buyer}`;
      return Promise.all(
        Array.from({ length: 6 }, () =>
          processes.hold(screeningId, buyer, [buyer * 2 + 1, buyer * 2 + 2], 'full', key),
        ),
      );
    }),
  );
  for (const answers of receipts) {
    const orders = new Set(answers.flatMap((answer) => answer.orderId ?? []));
    assert.equal(orders.size, 1);
    assert.ok(answers.every((answer) => answer.code === 'held' || answer.code === 'request_in_progress'));
  }
  const rows = await db.row<{ n: number }>('select count(*) as n from orders.orders where screening_id = $1', [
    screeningId,
  ]);
  assert.equal(rows!.n, 10);
});
