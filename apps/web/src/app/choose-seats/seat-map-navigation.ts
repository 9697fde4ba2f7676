import type { PlannedSeat } from '#contracts/seat-plan';

export type Direction = 'left' | 'right' | 'up' | 'down';

// A row further away feels farther than a seat to the side, as when a lost seat is replaced.
const ROW_WEIGHT = 1.7;

export type SeatNavigation = {
  /** The seat that an arrow key reaches from `no`; `no` itself at the edge. */
  toward(no: number, direction: Direction): number;
  rowStart(no: number): number;
  rowEnd(no: number): number;
  /**
   * Where the keyboard enters the map: the free seat nearest to the middle of the row two thirds from the screen, where
   * people like to sit; that middle itself when nothing is free.
   */
  entry(isFree: (seat: PlannedSeat) => boolean): number;
};

/**
 * Arrows by geometry. Left and right jump over aisles within the row; up and down go to the next row that has seats
 * and take the seat there that stands nearest in front or behind, so that staggered and short rows work as they look.
 */
export function createSeatNavigation(seats: readonly PlannedSeat[]): SeatNavigation {
  const byNo = new Map(seats.map((seat) => [seat.no, seat]));
  const rows = new Map<number, PlannedSeat[]>();
  for (const seat of seats) rows.set(seat.y, [...(rows.get(seat.y) ?? []), seat]);
  const ys = [...rows.keys()].sort((a, b) => a - b);
  for (const row of rows.values()) row.sort((a, b) => a.x - b.x);

  function rowOf(no: number): PlannedSeat[] {
    return rows.get(byNo.get(no)?.y ?? Number.NaN) ?? [];
  }

  function beside(no: number, step: 1 | -1): number {
    const row = rowOf(no);
    const at = row.findIndex((seat) => seat.no === no);
    return row[at + step]?.no ?? no;
  }

  function across(no: number, step: 1 | -1): number {
    const from = byNo.get(no);
    if (!from) return no;
    const row = rows.get(ys[ys.indexOf(from.y) + step] ?? Number.NaN);
    return row ? nearest(row, from.x).no : no;
  }

  return {
    toward(no, direction) {
      if (direction === 'left') return beside(no, -1);
      if (direction === 'right') return beside(no, 1);
      return across(no, direction === 'up' ? -1 : 1);
    },
    rowStart: (no) => rowOf(no)[0]?.no ?? no,
    rowEnd: (no) => rowOf(no).at(-1)?.no ?? no,
    entry(isFree) {
      const row = rows.get(ys[Math.floor((ys.length - 1) * 0.66)] ?? Number.NaN) ?? [];
      if (row.length === 0) return 0;
      const middle = (row[0]!.x + row.at(-1)!.x) / 2;
      const away = (seat: PlannedSeat) => Math.abs(seat.x - middle) + Math.abs(seat.y - row[0]!.y) * ROW_WEIGHT;
      let best: PlannedSeat | null = null;
      for (const seat of seats) if (isFree(seat) && (!best || away(seat) < away(best))) best = seat;
      return best?.no ?? nearest(row, middle).no;
    },
  };
}

function nearest(row: readonly PlannedSeat[], x: number): PlannedSeat {
  let best = row[0]!;
  for (const seat of row) if (Math.abs(seat.x - x) < Math.abs(best.x - x)) best = seat;
  return best;
}
