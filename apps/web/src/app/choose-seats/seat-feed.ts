import type { SeatDelta, SeatSnapshot } from '../contracts.ts';
import { getSeat, packedLength, setSeat } from '../contracts.ts';

export type SeatFeedState = {
  states: Uint8Array;
  available: number;
  halfPrice: { quota: number; used: number };
};

export type SeatFeed = {
  snapshot(snapshot: SeatSnapshot): void;
  delta(delta: SeatDelta): void;
};

/**
 * Keeps the map true: a snapshot replaces everything, a delta is taken only when it continues the version at hand.
 * After a gap nothing more is believed until `askSnapshot` has brought a whole picture; deltas are absolute, so one
 * that comes twice is harmless. `changed` gets a new array each time and the seats that are different from before.
 */
export function createSeatFeed(deps: {
  changed: (state: SeatFeedState, seatNos: readonly number[]) => void;
  askSnapshot: () => void;
}): SeatFeed {
  let version: string | null = null;
  let states: Uint8Array = new Uint8Array(0);
  let asked = false;

  function take(next: Uint8Array, from: Pick<SeatSnapshot, 'version' | 'available' | 'halfPrice'>, seatCount: number) {
    const before = states;
    const known = version !== null && before.length === next.length;
    const different: number[] = [];
    for (let no = 1; no <= seatCount; no += 1) {
      if (known && getSeat(before, no) !== getSeat(next, no)) different.push(no);
    }
    states = next;
    version = from.version;
    deps.changed({ states, available: from.available, halfPrice: from.halfPrice }, different);
  }

  return {
    snapshot(snapshot) {
      asked = false;
      if (snapshot.version === version) return;
      const next = new Uint8Array(packedLength(snapshot.seatCount));
      next.set(bytesOf(snapshot.states).subarray(0, next.length));
      take(next, snapshot, snapshot.seatCount);
    },
    delta(delta) {
      if (delta.version === version) return;
      if (delta.previous !== version) {
        if (!asked) deps.askSnapshot();
        asked = true;
        return;
      }
      const next = states.slice();
      const seatCount = next.length * 4;
      for (const [no, state] of delta.changes) if (no >= 1 && no <= seatCount) setSeat(next, no, state);
      take(next, delta, seatCount);
    },
  };
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0);
}
