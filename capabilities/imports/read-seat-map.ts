import { Value } from 'typebox/value';
import {
  SEAT_KINDS,
  type SeatKind,
  type SeatPlan,
  SeatPlanSchema,
  SEATS_PER_AUDITORIUM_MAX,
} from '#contracts/seat-plan';
import { fold } from './values.ts';

export type SeatMap = { auditorium: string; plan: SeatPlan | { problem: string } };

type Placed = { row: string; label: string; x: number; y: number; kind: SeatKind };

const GRID_MAX = 200;

/**
 * The seat maps of a document: {"seatMaps": [{"auditorium", "seats": [{row, label, x, y, kind}]}]} or a pretix seating
 * plan with an "auditorium" beside its zones. Null when the document is neither.
 */
export function readSeatMaps(document: unknown): { layout: 'seat_map' | 'pretix_plan'; maps: SeatMap[] } | null {
  if (!isObject(document)) return null;
  if (Array.isArray(document['seatMaps'])) {
    return { layout: 'seat_map', maps: document['seatMaps'].map((map) => toMap(map, ownSeats)) };
  }
  if (Array.isArray(document['zones'])) return { layout: 'pretix_plan', maps: [toMap(document, pretixSeats)] };
  return null;
}

function toMap(map: unknown, read: (map: Record<string, unknown>) => Placed[] | string): SeatMap {
  if (!isObject(map)) return { auditorium: '', plan: { problem: 'row_not_an_object' } };
  const auditorium = text(map['auditorium']).slice(0, 40);
  const seats = read(map);
  return { auditorium, plan: typeof seats === 'string' ? { problem: seats } : toPlan(seats) };
}

function toPlan(seats: Placed[]): SeatPlan | { problem: string } {
  if (seats.length === 0 || seats.length > SEATS_PER_AUDITORIUM_MAX) return { problem: 'seat_count_out_of_range' };
  if (new Set(seats.map((seat) => seat.label.toUpperCase())).size < seats.length)
    return { problem: 'seat_label_twice' };
  if (new Set(seats.map((seat) => `${seat.x},${seat.y}`)).size < seats.length) return { problem: 'seat_place_twice' };
  const ordered = seats.toSorted((a, b) => a.y - b.y || a.x - b.x);
  const plan = {
    width: Math.max(...seats.map((seat) => seat.x)) + 1,
    height: Math.max(...seats.map((seat) => seat.y)) + 1,
    seats: ordered.map((seat, index) => ({ no: index + 1, ...seat })),
  };
  return Value.Check(SeatPlanSchema, plan) ? plan : { problem: 'seat_map_malformed' };
}

function ownSeats(map: Record<string, unknown>): Placed[] | string {
  if (!Array.isArray(map['seats'])) return 'seat_map_malformed';
  const seats = (map['seats'] as unknown[]).slice(0, SEATS_PER_AUDITORIUM_MAX + 1);
  const placed = seats.map((seat) => {
    if (!isObject(seat)) return null;
    const kind = seat['kind'] ?? 'standard';
    const { x, y } = seat;
    if (!(SEAT_KINDS as readonly unknown[]).includes(kind) || !isPlace(x) || !isPlace(y)) return null;
    return { row: text(seat['row']), label: text(seat['label']), x, y, kind: kind as SeatKind };
  });
  return placed.some((seat) => seat === null) ? 'seat_map_malformed' : (placed as Placed[]);
}

/** Positions of a pretix plan are drawing units; rows and columns of our grid are found from them. */
function pretixSeats(map: Record<string, unknown>): Placed[] | string {
  const drawn: { row: string; number: string; x: number; y: number; kind: SeatKind }[] = [];
  for (const zone of list(map['zones'])) {
    for (const row of list(zone['rows'])) {
      for (const seat of list(row['seats'])) {
        const at = [zone, row, seat].map((each) => (isObject(each['position']) ? each['position'] : {}));
        const x = at.reduce((sum, place) => sum + Number(place['x'] ?? 0), 0);
        const y = at.reduce((sum, place) => sum + Number(place['y'] ?? 0), 0);
        if (!Number.isFinite(x) || !Number.isFinite(y)) return 'seat_map_malformed';
        if (drawn.length > SEATS_PER_AUDITORIUM_MAX) return 'seat_count_out_of_range';
        drawn.push({
          row: text(row['row_number']),
          number: text(seat['seat_number']),
          x,
          y,
          kind: kindOf(text(seat['category'])),
        });
      }
    }
  }
  if (drawn.length === 0) return 'seat_count_out_of_range';
  const xs = [...new Set(drawn.map((seat) => seat.x))].sort((a, b) => a - b);
  const ys = [...new Set(drawn.map((seat) => seat.y))].sort((a, b) => a - b);
  // The narrowest distance within a row is one seat; half of it is still the same column.
  const steps = [...Map.groupBy(drawn, (seat) => seat.y).values()].flatMap((row) => {
    const places = row.map((seat) => seat.x).sort((a, b) => a - b);
    return places.slice(1).map((x, index) => x - places[index]!);
  });
  const step = Math.max(1e-6, Math.min(...steps.filter((gap) => gap > 0), Infinity));
  const columnOf = (x: number) => (Number.isFinite(step) ? Math.round((x - xs[0]!) / step) : 0);
  if (columnOf(xs.at(-1)!) >= GRID_MAX || ys.length > GRID_MAX) return 'seat_map_too_wide';
  const rowOf = new Map(ys.map((y, index) => [y, index]));
  return drawn.map(({ row, number, x, y, kind }) => ({
    row: row.slice(0, 4) || '-',
    label: number.startsWith(row) && /\D/.test(number) ? number : `${row}${number}`,
    x: columnOf(x),
    y: rowOf.get(y)!,
    kind,
  }));
}

function kindOf(category: string): SeatKind {
  const word = fold(category);
  if (/cadeirante|wheelchair|rollstuhl|pcd/.test(word)) return 'wheelchair';
  if (/acompanhante|companion/.test(word)) return 'companion';
  if (/mobilidade|mobility/.test(word)) return 'reduced_mobility';
  return /obes|plus_size/.test(word) ? 'plus_size' : 'standard';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isObject) : []);
const isPlace = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) < GRID_MAX;

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? String(value).trim().toWellFormed().replaceAll('\0', '')
    : '';
}
