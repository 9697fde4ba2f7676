import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { type SeatKind, SeatPlanSchema } from '#contracts/seat-plan';
import { generateSeatPlan } from './generate-seat-plan.ts';

const hall = fc
  .record({
    registryNo: fc.string({ minLength: 1, maxLength: 12 }),
    seatsTotal: fc.integer({ min: 12, max: 2000 }),
    seatsWheelchair: fc.integer({ min: 0, max: 40 }),
    seatsCompanion: fc.integer({ min: 0, max: 40 }),
    seatsReducedMobility: fc.integer({ min: 0, max: 40 }),
    seatsPlusSize: fc.integer({ min: 0, max: 40 }),
  })
  .map((counts) => {
    const tenth = Math.floor(counts.seatsTotal / 10);
    const seatsWheelchair = Math.min(counts.seatsWheelchair, tenth);
    return {
      ...counts,
      seatsWheelchair,
      seatsCompanion: Math.min(counts.seatsCompanion, seatsWheelchair),
      seatsReducedMobility: Math.min(counts.seatsReducedMobility, tenth),
      seatsPlusSize: Math.min(counts.seatsPlusSize, tenth),
    };
  });

const countOf = (plan: ReturnType<typeof generateSeatPlan>, kind: SeatKind) =>
  plan.seats.filter((seat) => seat.kind === kind).length;

test('a plan has exactly the registered seats of every kind, each place and label once, and never overflows the grid', () => {
  fc.assert(
    fc.property(hall, (counts) => {
      const plan = generateSeatPlan(counts);
      assert.ok(Value.Check(SeatPlanSchema, plan));
      assert.equal(plan.seats.length, counts.seatsTotal);
      assert.equal(countOf(plan, 'wheelchair'), counts.seatsWheelchair);
      assert.equal(countOf(plan, 'companion'), counts.seatsCompanion);
      assert.equal(countOf(plan, 'reduced_mobility'), counts.seatsReducedMobility);
      assert.equal(countOf(plan, 'plus_size'), counts.seatsPlusSize);
      assert.equal(new Set(plan.seats.map((seat) => `${seat.x},${seat.y}`)).size, counts.seatsTotal);
      assert.equal(new Set(plan.seats.map((seat) => seat.label)).size, counts.seatsTotal);
      assert.deepEqual(
        plan.seats.map((seat) => seat.no),
        plan.seats.map((_seat, index) => index + 1),
      );
      assert.ok(plan.seats.every((seat) => seat.x < plan.width && seat.y < plan.height));
    }),
    { numRuns: 300 },
  );
});

test('every companion seat stands beside a wheelchair place, not across an aisle', () => {
  fc.assert(
    fc.property(hall, (counts) => {
      const plan = generateSeatPlan(counts);
      const wheelchairs = new Set(
        plan.seats.filter((seat) => seat.kind === 'wheelchair').map((seat) => `${seat.x},${seat.y}`),
      );
      for (const seat of plan.seats.filter((each) => each.kind === 'companion')) {
        assert.ok(wheelchairs.has(`${seat.x - 1},${seat.y}`) || wheelchairs.has(`${seat.x + 1},${seat.y}`));
      }
    }),
    { numRuns: 300 },
  );
});

test('rows run from A at the screen to the back, whatever the auditorium', () => {
  fc.assert(
    fc.property(hall, (counts) => {
      const plan = generateSeatPlan(counts);
      for (const seat of plan.seats) {
        const name = String.fromCharCode(65 + (seat.y % 26)).repeat(Math.floor(seat.y / 26) + 1);
        assert.equal(seat.row, name, seat.label);
        assert.ok(seat.label.startsWith(name), seat.label);
      }
    }),
    { numRuns: 300 },
  );
});

test('the same auditorium always gets the same plan, and another number another one', () => {
  const counts = {
    seatsTotal: 181,
    seatsWheelchair: 4,
    seatsCompanion: 4,
    seatsReducedMobility: 2,
    seatsPlusSize: 2,
  };
  const plan = generateSeatPlan({ registryNo: '5003331', ...counts });
  assert.deepEqual(generateSeatPlan({ registryNo: '5003331', ...counts }), plan);
  const others = Array.from({ length: 20 }, (_, index) => generateSeatPlan({ registryNo: `${index}`, ...counts }));
  assert.ok(others.some((other) => JSON.stringify(other) !== JSON.stringify(plan)));
  assert.ok(new Set(plan.seats.map((seat) => seat.y)).size > 6, 'several rows');
  const lengths = Map.groupBy(plan.seats, (seat) => seat.y);
  assert.ok(new Set([...lengths.values()].map((row) => row.length)).size > 1, 'rows differ in length');
});
