import { loneSeats } from '#contracts/lone-seat';
import type { PlannedSeat, SeatPlan } from '#contracts/seat-plan';
import { getSeat } from '#contracts/seat-states';

export type BestSeats = { seatNos: number[]; together: boolean };

// Two thirds of the way back the picture fills the eye without turning the head; rows weigh more than the middle,
// because a seat at the side of a good row is better than the middle of the front row.
const IDEAL_DEPTH = 2 / 3;
const ROW_WEIGHT = 1.5;

/**
 * The best `count` free seats: together in one row without an aisle between and leaving no lone seat; else together
 * with a lone seat; else in the nearest groups. Null when there are not so many. With `accessible`: a wheelchair place,
 * its companion beside it, and the rest of the party as near as possible.
 */
export function bestSeats(
  plan: SeatPlan,
  states: Uint8Array,
  wanted: { count: number; accessible?: boolean },
): BestSeats | null {
  const free = plan.seats.filter((seat) => getSeat(states, seat.no) === 0);
  const view = viewOf(plan);
  if (wanted.accessible) return accessibleSeats(free, view, wanted.count);
  // Wheelchair places and the seats kept for companions are not offered to people who did not ask for them.
  const open = free.filter((seat) => seat.kind !== 'wheelchair' && seat.kind !== 'companion');
  const spans = spansOf(open, wanted.count, view);
  const kind = spans.find((span) => loneSeats(plan, states, numbers(span)).length === 0) ?? spans[0];
  if (kind) return { seatNos: numbers(kind), together: true };
  return open.length < wanted.count
    ? null
    : { seatNos: numbers(nearestGroups(open, wanted.count, view)), together: false };
}

type View = (seat: PlannedSeat) => number;

/** Distance from the ideal place, in halves of the auditorium's width. */
function viewOf(plan: SeatPlan): View {
  const xs = plan.seats.map((seat) => seat.x);
  const ys = plan.seats.map((seat) => seat.y);
  const [left, right] = [Math.min(...xs), Math.max(...xs)];
  const [front, back] = [Math.min(...ys), Math.max(...ys)];
  const idealX = (left + right) / 2;
  const idealY = front + (back - front) * IDEAL_DEPTH;
  const halfWidth = Math.max(1, (right - left) / 2);
  const depth = Math.max(1, back - front);
  return (seat) => Math.hypot((seat.x - idealX) / halfWidth, (ROW_WEIGHT * (seat.y - idealY)) / depth);
}

/** Runs of `count` neighbours, best first. */
function spansOf(seats: readonly PlannedSeat[], count: number, view: View): PlannedSeat[][] {
  const spans: PlannedSeat[][] = [];
  for (const run of runsOf(seats)) {
    for (let start = 0; start + count <= run.length; start += 1) spans.push(run.slice(start, start + count));
  }
  const score = new Map(spans.map((span) => [span, span.reduce((sum, seat) => sum + view(seat), 0)]));
  return spans.sort((a, b) => score.get(a)! - score.get(b)!);
}

/** Seats side by side in a row, with no aisle, no wall and nobody between. */
function runsOf(seats: readonly PlannedSeat[]): PlannedSeat[][] {
  const runs: PlannedSeat[][] = [];
  for (const seat of seats.toSorted((a, b) => a.y - b.y || a.x - b.x)) {
    const last = runs.at(-1)?.at(-1);
    if (last && last.y === seat.y && last.x + 1 === seat.x) runs.at(-1)!.push(seat);
    else runs.push([seat]);
  }
  return runs;
}

/** The largest pieces of party that fit somewhere, each as near as possible to the ones already placed. */
function nearestGroups(seats: readonly PlannedSeat[], count: number, view: View): PlannedSeat[] {
  const placed: PlannedSeat[] = [];
  let rest = [...seats];
  while (placed.length < count) {
    const missing = count - placed.length;
    const longest = Math.max(...runsOf(rest).map((run) => run.length));
    const near: View = placed.length === 0 ? view : (seat) => distance(seat, placed) + view(seat) / 10;
    const span = spansOf(rest, Math.min(missing, longest), near)[0]!;
    placed.push(...span);
    rest = rest.filter((seat) => !span.includes(seat));
  }
  return placed;
}

function accessibleSeats(free: readonly PlannedSeat[], view: View, count: number): BestSeats | null {
  const wheelchairs = free.filter((seat) => seat.kind === 'wheelchair').sort((a, b) => view(a) - view(b));
  const choices = wheelchairs.flatMap((wheelchair) => {
    const rest = free.filter((seat) => seat.kind !== 'wheelchair');
    const party = [wheelchair];
    // Companion seats first, then whatever is near; only seats beside each other count as together.
    while (party.length < count) {
      const bonus = party.length === 1 ? COMPANION_BONUS : 0;
      const next = rest
        .filter((seat) => !party.includes(seat))
        .map((seat) => ({ seat, cost: distance(seat, party) - (seat.kind === 'companion' ? bonus : 0) }))
        .sort((a, b) => a.cost - b.cost || view(a.seat) - view(b.seat))[0];
      if (!next) return [];
      party.push(next.seat);
    }
    return [{ party, spread: party.reduce((sum, seat) => sum + distance(seat, [wheelchair]), 0) }];
  });
  const best = choices.sort((a, b) => a.spread - b.spread)[0];
  return best ? { seatNos: numbers(best.party), together: runsOf(best.party).length === 1 } : null;
}

// A companion's seat wins against another seat at the same distance, not against one nearer.
const COMPANION_BONUS = 0.5;

function distance(seat: PlannedSeat, party: readonly PlannedSeat[]): number {
  return Math.min(...party.map((other) => Math.abs(seat.x - other.x) + 2 * Math.abs(seat.y - other.y)));
}

function numbers(seats: readonly PlannedSeat[]): number[] {
  return seats.map((seat) => seat.no).sort((a, b) => a - b);
}
