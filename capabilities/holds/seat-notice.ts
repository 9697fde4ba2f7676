import { SEAT_STATES } from '#contracts/seat-states';
import type { SeatRow } from './read-seats.ts';

/** One seat of a notice: what it is now, absolute, so that hearing it twice is harmless. */
export type SeatVisit = (screeningId: number, no: number, state: number, inQuota: boolean, heldUntilMs: number) => void;

const HELD = SEAT_STATES.indexOf('held');
const HELD_WORD = 'held';
const [COMMA, SEMICOLON, MINUS] = [44, 59, 45];

/**
 * Reads a notice on seat_changes. Two forms: of a flush of holds (holds.publish_holds),
 * 'held<until>;<screening>,<seat>,-<seat>;…', a seat in the half-price quota with a minus; of every other change
 * (holds.publish_changes), five integers a seat in one list. Makes no object and no string: every process hears every
 * seat that sells anywhere, 40,000 a second at the peak, and most belong to screenings that nobody asked it for.
 */
export function eachChange(payload: string, visit: SeatVisit): void {
  if (payload.startsWith(HELD_WORD)) eachHold(payload, visit);
  else eachFive(payload, visit);
}

function eachHold(payload: string, visit: SeatVisit): void {
  let [value, field, screeningId, heldUntilMs] = [0, 0, 0, 0];
  let inQuota = false;
  for (let index = HELD_WORD.length; index <= payload.length; index += 1) {
    const code = index === payload.length ? SEMICOLON : payload.charCodeAt(index);
    if (code === MINUS) inQuota = true;
    else if (code !== COMMA && code !== SEMICOLON) value = value * 10 + code - 48;
    else {
      if (heldUntilMs === 0) heldUntilMs = value;
      else if (field === 0) screeningId = value;
      else visit(screeningId, value, HELD, inQuota, heldUntilMs);
      field = code === SEMICOLON ? 0 : 1;
      value = 0;
      inQuota = false;
    }
  }
}

function eachFive(payload: string, visit: SeatVisit): void {
  const five = [0, 0, 0, 0, 0];
  let [at, value] = [0, 0];
  for (let index = 0; index <= payload.length; index += 1) {
    const digit = payload.charCodeAt(index) - 48;
    if (digit >= 0) {
      value = value * 10 + digit;
      continue;
    }
    five[at] = value;
    if (at === 4) visit(five[0]!, five[1]!, five[2]!, five[3] === 1, value);
    at = (at + 1) % 5;
    value = 0;
  }
}

/** The same as a list. */
export function parseNotice(payload: string): (SeatRow & { screeningId: number })[] {
  const rows: (SeatRow & { screeningId: number })[] = [];
  eachChange(payload, (screeningId, no, state, inQuota, heldUntilMs) => {
    rows.push({ screeningId, no, state, inQuota, heldUntilMs });
  });
  return rows;
}
