import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loneSeats } from '#contracts/lone-seat';
import type { SeatKind, SeatPlan } from '#contracts/seat-plan';
import { getSeat, packedLength, setSeat } from '#contracts/seat-states';
import { seatPlan } from '#testing/builders';
import { bestSeats } from './best-seats.ts';

function taken(plan: SeatPlan, seatNos: readonly number[]): Uint8Array {
  const states = new Uint8Array(packedLength(Math.max(...plan.seats.map((seat) => seat.no))));
  for (const no of seatNos) setSeat(states, no, 2);
  return states;
}

test('an empty auditorium offers the middle, about two thirds back', () => {
  const plan = seatPlan(10, 11);
  const best = bestSeats(plan, taken(plan, []), { count: 1 });
  const seat = plan.seats.find((candidate) => candidate.no === best!.seatNos[0])!;
  assert.deepEqual([seat.x, seat.y], [5, 6]);
});

test('a party is split neither by an aisle nor by a taken seat', () => {
  const plan = seatPlan(1, 9);
  plan.seats = plan.seats.filter((seat) => seat.no !== 5);
  const best = bestSeats(plan, taken(plan, [2]), { count: 3 });
  assert.deepEqual(best, { seatNos: [6, 7, 8], together: true });
});

test('nobody is left alone when there is another way, and somebody is when there is none', () => {
  const plan = seatPlan(1, 4);
  assert.deepEqual(bestSeats(plan, taken(plan, []), { count: 2 }), { seatNos: [1, 2], together: true });
  const three = seatPlan(1, 3);
  assert.deepEqual(bestSeats(three, taken(three, []), { count: 2 })!.together, true);
});

test('no room together: the nearest groups, largest first', () => {
  const plan = seatPlan(2, 4);
  const best = bestSeats(plan, taken(plan, [3, 7, 8]), { count: 4 });
  assert.deepEqual(best, { seatNos: [1, 2, 5, 6], together: false });
  assert.equal(bestSeats(plan, taken(plan, [3, 7, 8]), { count: 6 }), null);
});

test('wheelchair and companion seats go only to those who ask, together', () => {
  const plan: SeatPlan = seatPlan(2, 6);
  const kinds: Record<number, SeatKind> = { 7: 'wheelchair', 8: 'companion', 11: 'companion', 12: 'wheelchair' };
  for (const seat of plan.seats) seat.kind = kinds[seat.no] ?? 'standard';
  const ordinary = bestSeats(plan, taken(plan, []), { count: 8 })!;
  assert.ok(ordinary.seatNos.every((no) => !kinds[no]));
  assert.deepEqual(bestSeats(plan, taken(plan, [12]), { count: 2, accessible: true }), {
    seatNos: [7, 8],
    together: true,
  });
  assert.equal(bestSeats(plan, taken(plan, [7, 12]), { count: 2, accessible: true }), null);
});

const hall = fc.record({
  rows: fc.integer({ min: 1, max: 8 }),
  perRow: fc.integer({ min: 1, max: 14 }),
  aisle: fc.integer({ min: 0, max: 13 }),
  sold: fc.array(fc.integer({ min: 1, max: 112 }), { maxLength: 60 }),
  count: fc.integer({ min: 1, max: 10 }),
});

test('whatever the hall: as many as asked, all free, distinct; together means side by side; null means too few', () => {
  fc.assert(
    fc.property(hall, ({ rows, perRow, aisle, sold, count }) => {
      const plan = seatPlan(rows, perRow + 1);
      plan.seats = plan.seats.filter((seat) => seat.x !== Math.min(aisle, perRow));
      const states = taken(
        plan,
        sold.filter((no) => plan.seats.some((seat) => seat.no === no)),
      );
      const free = plan.seats.filter((seat) => getSeat(states, seat.no) === 0);
      const best = bestSeats(plan, states, { count });
      if (!best) return assert.ok(free.length < count);
      assert.equal(new Set(best.seatNos).size, count);
      assert.ok(best.seatNos.every((no) => free.some((seat) => seat.no === no)));
      const seats = plan.seats.filter((seat) => best.seatNos.includes(seat.no)).sort((a, b) => a.x - b.x);
      const beside = seats.every((seat, i) => i === 0 || (seat.y === seats[0]!.y && seat.x === seats[i - 1]!.x + 1));
      assert.equal(best.together, beside || (best.together && count === 1));
      // A lone seat is left only when every place for this party leaves one.
      if (best.together && loneSeats(plan, states, best.seatNos).length > 0) {
        for (const start of free) {
          const span = Array.from({ length: count }, (_, i) =>
            free.find((seat) => seat.y === start.y && seat.x === start.x + i),
          );
          if (span.some((seat) => !seat)) continue;
          const lone = loneSeats(
            plan,
            states,
            span.map((seat) => seat!.no),
          );
          assert.ok(lone.length > 0, `seats from ${start.label} leave nobody alone`);
        }
      }
    }),
    { numRuns: 300 },
  );
});
