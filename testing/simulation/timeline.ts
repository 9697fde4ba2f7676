/** The only clock and the only timers of a simulation: time jumps from one appointment to the next. */
export type Timeline = {
  /** Milliseconds since the story began. */
  now(): number;
  /** Runs `happen` so many milliseconds from now; equal times in the order of their making. */
  after(delayMs: number, happen: () => void): void;
  /** Keeps the next appointment; false when none is left. */
  step(): boolean;
};

type Appointment = { at: number; serial: number; happen: () => void };

export function createTimeline(): Timeline {
  const heap: Appointment[] = [];
  let now = 0;
  let serial = 0;
  return {
    now: () => now,
    after: (delayMs, happen) => push(heap, { at: now + delayMs, serial: (serial += 1), happen }),
    step: () => {
      const next = pop(heap);
      if (!next) return false;
      now = next.at;
      next.happen();
      return true;
    },
  };
}

const isBefore = (a: Appointment, b: Appointment) => a.at < b.at || (a.at === b.at && a.serial < b.serial);

function push(heap: Appointment[], appointment: Appointment): void {
  let at = heap.push(appointment) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(appointment, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = appointment;
}

function pop(heap: Appointment[]): Appointment | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (!first || !last || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
