import type { DoorScreening } from '#contracts/door';
import { recall, remember } from '../api/remembered.ts';

export type KeptList = { at: number; screenings: DoorScreening[] };

/** The last list of screenings that this device saw, so that the door still knows what plays without a network. */
export function keptList(): KeptList | null {
  const text = recall('door-list');
  if (!text) return null;
  try {
    const kept = JSON.parse(text) as Partial<KeptList>;
    return typeof kept.at === 'number' && Array.isArray(kept.screenings) ? (kept as KeptList) : null;
  } catch {
    return null;
  }
}

export function keepList(screenings: DoorScreening[]): void {
  remember('door-list', JSON.stringify({ at: Date.now(), screenings }));
}
