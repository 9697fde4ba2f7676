import assert from 'node:assert/strict';
import test from 'node:test';
import type { PlannedSeat } from '#contracts/seat-plan';
import { packedLength, setSeat } from '../contracts.ts';
import { halfPriceLeft, nearestEqual, partLost, toggleSeat, totals, withKind } from './seat-map-selection.ts';

const row = (count: number, y = 0, from = 1): PlannedSeat[] =>
  Array.from({ length: count }, (_, x) => ({
    no: from + x,
    row: String.fromCharCode(65 + y),
    label: `${from + x}`,
    x,
    y,
    kind: 'standard' as const,
  }));

function room(count: number, taken: number[] = []): Uint8Array {
  const states = new Uint8Array(packedLength(count));
  for (const no of taken) setSeat(states, no, 1);
  return states;
}

test('takes a free seat once and gives it back, leaving the others', () => {
  const one = toggleSeat([], 3, room(10), 10);
  const two = toggleSeat(one.chosen, 4, room(10), 10);
  assert.deepEqual(
    two.chosen.map((seat) => seat.seatNo),
    [3, 4],
  );
  assert.deepEqual(
    toggleSeat(two.chosen, 3, room(10), 10).chosen.map((seat) => seat.seatNo),
    [4],
  );
});

test('refuses a taken seat and an eleventh, and changes nothing', () => {
  assert.deepEqual(toggleSeat([], 3, room(10, [3]), 10), { chosen: [], refused: 'taken' });
  const ten = Array.from({ length: 10 }, (_, index) => ({ seatNo: index + 1, kind: 'full' as const }));
  assert.deepEqual(toggleSeat(ten, 11, room(12), 10), { chosen: ten, refused: 'limit' });
});

test('a chosen seat can be given back even after somebody else took it', () => {
  assert.deepEqual(toggleSeat([{ seatNo: 3, kind: 'full' }], 3, room(10, [3]), 10).chosen, []);
});

test('tells lost seats from kept ones', () => {
  const chosen = [
    { seatNo: 1, kind: 'full' as const },
    { seatNo: 2, kind: 'half_student' as const },
  ];
  const parted = partLost(chosen, room(4, [2]));
  assert.deepEqual(parted.kept, [chosen[0]]);
  assert.deepEqual(parted.lost, [chosen[1]]);
});

test('offers the nearest free seat of the same kind, beside the friends, never one of mine or a taken one', () => {
  const seats = [...row(6), ...row(6, 1, 7)];
  const friends = [{ seatNo: 3, kind: 'full' as const }];
  assert.equal(nearestEqual(seats, 4, room(12, [4]), friends), 5);
  assert.equal(nearestEqual(seats, 4, room(12, [4, 5, 2]), friends), 10);
  assert.equal(nearestEqual(seats, 4, room(12, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12]), friends), null);
});

test('never offers a wheelchair space for a standard seat', () => {
  const seats = row(3).map((seat) => (seat.no === 2 ? { ...seat, kind: 'wheelchair' as const } : seat));
  assert.equal(nearestEqual(seats, 1, room(3, [1]), []), 3);
});

test('adds up full, half and dearer seats with the fee on each, in cents', () => {
  const prices = { priceCents: 3201, exceptions: new Map([[2, 4000]]), feeBasisPoints: 1250 };
  const chosen = withKind(
    [
      { seatNo: 1, kind: 'full' },
      { seatNo: 2, kind: 'full' },
    ],
    1,
    'half_student',
  );
  assert.deepEqual(totals(chosen, prices), { ticketsCents: 5600, feeCents: 700, totalCents: 6300 });
});

test('the half-price counter takes students and leaves seniors out', () => {
  const quota = { quota: 4, used: 2 };
  assert.equal(halfPriceLeft(quota, [{ seatNo: 1, kind: 'half_student' }]), 1);
  assert.equal(halfPriceLeft(quota, [{ seatNo: 1, kind: 'half_senior' }]), 2);
  assert.equal(halfPriceLeft({ quota: 4, used: 9 }, []), 0);
});
