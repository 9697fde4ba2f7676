import type { DoorScreening } from '#contracts/door';

const DOORS_OPEN_MINUTES = 60; // People come up to an hour early on a premiere night.
const LATE_MINUTES = 45;

export type OnNow = { now: DoorScreening[]; later: DoorScreening[]; earlier: DoorScreening[] };

/** Screenings by what matters at the door: those people are entering now, nearest start first. */
export function whatIsOn(screenings: readonly DoorScreening[], at: number): OnNow {
  const sorted = screenings.toSorted((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt));
  const minutes = (screening: DoorScreening) => (Date.parse(screening.startsAt) - at) / 60_000;
  return {
    now: sorted.filter((one) => minutes(one) <= DOORS_OPEN_MINUTES && minutes(one) >= -LATE_MINUTES),
    later: sorted.filter((one) => minutes(one) > DOORS_OPEN_MINUTES),
    earlier: sorted.filter((one) => minutes(one) < -LATE_MINUTES).reverse(),
  };
}

export function theatersOf(screenings: readonly DoorScreening[]): { theaterId: number; name: string }[] {
  const names = new Map(screenings.map((screening) => [screening.theaterId, screening.theaterName]));
  return [...names]
    .map(([theaterId, name]) => ({ theaterId, name }))
    .sort((a, b) => a.name.localeCompare(b.name, 'pt-BR'));
}
