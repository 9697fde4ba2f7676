import { type SeatDelta, type SeatSnapshot, setSeat } from '#contracts/seat-states';

export type Event = { name: string; version: string; previous: string; seats: number[]; states: Uint8Array | null };

/** What a piece of a stream says. Ten thousand viewers get the same bytes, so each content is read once. */
export function createReader() {
  const known = new Map<string, Event[]>();
  return (text: string): Event[] => {
    const before = known.get(text);
    if (before) return before;
    const events: Event[] = [];
    for (const block of text.split('\n\n')) {
      const name = /^event: (\w+)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (!name || !data) continue;
      const body = JSON.parse(data) as SeatSnapshot & SeatDelta;
      const seats = name === 'delta' ? body.changes.flat() : [];
      const states = name === 'snapshot' ? new Uint8Array(Buffer.from(body.states, 'base64')) : null;
      events.push({ name, version: body.version, previous: body.previous, seats, states });
    }
    if (known.size > 1_000) known.delete(known.keys().next().value!);
    known.set(text, events);
    return events;
  };
}

/**
 * The maps that viewers show, by version: a version never changes, so a viewer only needs to know at which it is. A
 * delta is applied to its previous version once, and any snapshot of a version must say the same as the chain did.
 */
export function createChain() {
  const maps = new Map<string, Uint8Array>();
  let contradictions = 0;
  const put = (version: string, states: Uint8Array) => {
    const before = maps.get(version);
    if (before && !Buffer.from(before).equals(states)) contradictions += 1;
    maps.set(version, states);
  };
  return {
    /** The version after this event for a viewer at `at`; null when something is missing in between. */
    follow: (at: string, event: Event): string | null => {
      if (event.name === 'snapshot') put(event.version, event.states!);
      else if (event.name !== 'delta') return at;
      else if (event.previous !== at) return null;
      else if (!maps.has(event.version)) {
        const states = maps.get(at)!.slice();
        for (let i = 0; i < event.seats.length; i += 2) setSeat(states, event.seats[i]!, event.seats[i + 1]!);
        put(event.version, states);
      }
      return event.version;
    },
    states: (version: string): string => Buffer.from(maps.get(version) ?? []).toString('base64'),
    contradictions: () => contradictions,
  };
}
