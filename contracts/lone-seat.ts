import type { SeatPlan } from './seat-plan.ts';

// A lone seat is a free seat that a choice leaves with nobody free on either side: hard to sell to anybody but one.

/**
 * The free seats that `chosen` would leave alone: each stands beside a chosen seat, has no free neighbour afterwards,
 * and had one before (a seat that was alone already is nobody's fault). Neighbours stand side by side in a row without
 * an aisle between. Wheelchair places are no neighbours to judge by. `states` is packed as in seat-states.ts.
 */
export function loneSeats(plan: SeatPlan, states: Uint8Array, chosen: readonly number[]): number[] {
  const mine = new Set(chosen);
  const byPlace = new Map(plan.seats.filter((seat) => seat.kind !== 'wheelchair').map((seat) => [place(seat), seat]));
  const at = (seat: { x: number; y: number }, dx: number) => byPlace.get(place({ x: seat.x + dx, y: seat.y }));
  // Same as getSeat of seat-states.ts, here again so that the page takes this file alone.
  const free = (no: number | undefined) =>
    no !== undefined && ((states[(no - 1) >> 2]! >> (((no - 1) & 3) * 2)) & 3) === 0;
  const stays = (no: number | undefined) => free(no) && !mine.has(no!);
  const lone: number[] = [];
  for (const seat of byPlace.values()) {
    if (!stays(seat.no)) continue;
    const [left, right] = [at(seat, -1)?.no, at(seat, 1)?.no];
    const besideMine = (left !== undefined && mine.has(left)) || (right !== undefined && mine.has(right));
    if (besideMine && !stays(left) && !stays(right)) lone.push(seat.no);
  }
  return lone.sort((a, b) => a - b);
}

function place(seat: { x: number; y: number }): string {
  return `${seat.x},${seat.y}`;
}
