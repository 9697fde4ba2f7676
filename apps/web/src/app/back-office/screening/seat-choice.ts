import { getSeat, SEAT_STATES, type SeatState } from '../../contracts.ts';

export type SeatCounts = Record<SeatState, number>;

export function countSeats(states: Uint8Array, seatNos: readonly number[]): SeatCounts {
  const counts: SeatCounts = { available: 0, held: 0, sold: 0, blocked: 0 };
  for (const no of seatNos) counts[SEAT_STATES[getSeat(states, no)]!] += 1;
  return counts;
}

export type Choice = { readonly deed: 'block' | 'unblock'; readonly seatNos: readonly number[] };

/**
 * Presses a seat for blocking or giving back. Only free and blocked seats can be chosen, and only of one sort at a
 * time: the dialog says one thing. Pressing the other sort starts anew.
 */
export function pressSeat(choice: Choice | null, seatNo: number, states: Uint8Array): Choice | null {
  const state = SEAT_STATES[getSeat(states, seatNo)];
  if (state !== 'available' && state !== 'blocked') return choice;
  const deed = state === 'available' ? 'block' : 'unblock';
  if (!choice || choice.deed !== deed) return { deed, seatNos: [seatNo] };
  const seatNos = choice.seatNos.includes(seatNo)
    ? choice.seatNos.filter((no) => no !== seatNo)
    : [...choice.seatNos, seatNo];
  return seatNos.length > 0 ? { deed, seatNos } : null;
}

/** What is left of a choice after the map changed: seats that somebody took meanwhile fall out. */
export function stillPossible(choice: Choice | null, states: Uint8Array): Choice | null {
  if (!choice) return null;
  const wanted = choice.deed === 'block' ? 'available' : 'blocked';
  const seatNos = choice.seatNos.filter((no) => SEAT_STATES[getSeat(states, no)] === wanted);
  if (seatNos.length === choice.seatNos.length) return choice;
  return seatNos.length > 0 ? { ...choice, seatNos } : null;
}
