import { createHash } from 'node:crypto';
import { type PlannedSeat, type SeatKind, type SeatPlan, SEATS_PER_AUDITORIUM_MAX } from '#contracts/seat-plan';
import { assert } from '#platform/fault';
import type { SeatCounts } from './records.ts';

// Lays out an auditorium from nothing but its registered counts, the way real ones look: wider towards the back,
// aisles that flare with the rows, wheelchair places at the ends of the front or back row with companions beside
// them. Row A is nearest the screen, as people expect where nobody told otherwise (a seat map can). The registry number
// decides every choice, so that the same auditorium always gets the same plan.

type Cell = { x: number; y: number; kind: SeatKind; aisleSide: boolean; rowEnd: boolean };

const SEATS_PER_ROW_PER_ROW = 1.55; // Real halls are half again as many seats wide as they are rows deep.

export function generateSeatPlan(hall: SeatCounts & { registryNo: string }): SeatPlan {
  const total = hall.seatsTotal;
  assert(total >= 1 && total <= SEATS_PER_AUDITORIUM_MAX, 'seat count within the limits of a plan');
  const choice = choicesOf(hall.registryNo);
  const rows = placeRows(total, choice);
  const front = choice(2) === 0 ? rows : [...rows].reverse();
  // One front row is too near the screen for big halls: there the back row, at the level of the entrance, is used.
  placeAccessible(total > 400 ? [...rows].reverse() : front, hall);
  const cells = rows.flat();
  place(cells, 'reduced_mobility', hall.seatsReducedMobility, (cell) => (cell.aisleSide ? 0 : 1000) + distance(cell));
  place(cells, 'plus_size', hall.seatsPlusSize, (cell) => (cell.rowEnd ? 0 : 1000) - cell.y);
  // Once chose at which end row A is. Still drawn, so that the choices after it stay as in plans that were made before.
  choice(2);
  return {
    width: Math.max(...cells.map((cell) => cell.x)) + 1,
    height: rows.length,
    seats: labelled(rows, choice(3) === 0, choice(2) === 0),
  };

  function distance(cell: Cell): number {
    return Math.abs(cell.y - front[0]![0]!.y);
  }
}

/** A source of small decisions, the same for the same registry number on every machine. */
function choicesOf(registryNo: string): (options: number) => number {
  const digest = createHash('sha256').update(registryNo).digest();
  let at = 0;
  return (options) => digest[at++ % digest.length]! % options;
}

function placeRows(total: number, choice: (options: number) => number): Cell[][] {
  const widest = Math.max(2, Math.round(Math.sqrt(total * SEATS_PER_ROW_PER_ROW)) + choice(3) - 1);
  const rowCount = Math.max(1, Math.round(total / (widest * 0.9)));
  const lengths = rowLengths(total, rowCount);
  const longest = Math.max(...lengths);
  const aisles = longest < 9 ? 0 : longest < 18 ? 1 + choice(2) : 2;
  const gap = longest > 30 ? 2 : 1;
  return lengths.map((length, y) => {
    const breaks = aisleBreaks(length, aisles);
    const left = Math.floor((longest - length) / 2);
    return Array.from({ length }, (_, index) => ({
      x: left + index + breaks.filter((position) => position <= index).length * gap,
      y,
      kind: 'standard' as SeatKind,
      aisleSide: breaks.includes(index) || breaks.includes(index + 1),
      rowEnd: index === 0 || index === length - 1,
    }));
  });
}

/** Seats per row from the screen backwards: growing, then nearly equal, summing up to the total exactly. */
function rowLengths(total: number, rowCount: number): number[] {
  const weights = Array.from({ length: rowCount }, (_, y) => 0.78 + 0.22 * Math.sqrt((y + 1) / rowCount));
  const sum = weights.reduce((a, b) => a + b, 0);
  const lengths = weights.map((weight) => Math.max(1, Math.floor((total * weight) / sum)));
  let missing = total - lengths.reduce((a, b) => a + b, 0);
  for (let y = rowCount - 1; missing > 0; y = (y - 1 + rowCount) % rowCount, missing -= 1) lengths[y]! += 1;
  for (let y = 0; missing < 0; y = (y + 1) % rowCount) {
    if (lengths[y]! > 1) {
      lengths[y]! -= 1;
      missing += 1;
    }
  }
  return lengths;
}

/** Seat indices that have an aisle on their left: in the middle, or at a quarter and three quarters of this row. */
function aisleBreaks(length: number, aisles: number): number[] {
  if (aisles === 0 || length < 6) return [];
  if (aisles === 1) return [Math.floor(length / 2)];
  const side = Math.round(length * 0.24);
  return [side, length - side];
}

/** Wheelchair and companion side by side, from both ends of the row inwards, then the next row. */
function placeAccessible(rows: Cell[][], hall: SeatCounts): void {
  let wheelchairs = hall.seatsWheelchair;
  let companions = hall.seatsCompanion;
  for (const row of rows) {
    let left = 0;
    let right = row.length - 1;
    for (let turn = 0; wheelchairs > 0 && left < right; turn += 1) {
      const [outer, inner] = turn % 2 === 0 ? [left, left + 1] : [right, right - 1];
      const together = Math.abs(row[outer]!.x - row[inner]!.x) === 1;
      if (together || companions === 0) {
        row[outer]!.kind = 'wheelchair';
        wheelchairs -= 1;
        if (companions > 0) {
          row[inner]!.kind = 'companion';
          companions -= 1;
        }
      }
      if (turn % 2 === 0) left += together ? 2 : 1;
      else right -= together ? 2 : 1;
    }
    if (wheelchairs === 0) break;
  }
  const cells = rows.flat();
  place(cells, 'wheelchair', wheelchairs, (_cell, index) => index);
  place(cells, 'companion', companions, (_cell, index) => index);
}

/** Gives `count` of the standard seats this kind, best (lowest) score first. */
function place(cells: Cell[], kind: SeatKind, count: number, score: (cell: Cell, index: number) => number): void {
  if (count <= 0) return;
  cells
    .flatMap((cell, index) => (cell.kind === 'standard' ? [{ cell, rank: score(cell, index), index }] : []))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .slice(0, count)
    .forEach(({ cell }) => {
      cell.kind = kind;
    });
}

function labelled(rows: Cell[][], fromRight: boolean, dashed: boolean): PlannedSeat[] {
  const seats: PlannedSeat[] = [];
  const taken = new Set<string>();
  let no = 0;
  rows.forEach((row, y) => {
    const name = rowName(y);
    let wheelchairs = 0;
    row.forEach((cell, index) => {
      const number = fromRight ? row.length - index : index + 1;
      if (cell.kind === 'wheelchair') wheelchairs += 1;
      const plain = cell.kind === 'wheelchair' ? `${name}H${dashed ? '-' : ''}${wheelchairs}` : `${name}${number}`;
      // Row H's first wheelchair (HH1) meets seat 1 of row HH in the largest halls.
      const label = taken.has(plain) ? `${name}-${number}` : plain;
      taken.add(label);
      seats.push({ no: (no += 1), row: name, label, x: cell.x, y: cell.y, kind: cell.kind });
    });
  });
  return seats;
}

/** A … Z, then AA, BB … as theaters write it. */
function rowName(index: number): string {
  return String.fromCharCode(65 + (index % 26)).repeat(Math.floor(index / 26) + 1);
}
