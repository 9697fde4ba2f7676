/** Something that is to be written to many sockets. `step` writes to `max` of them at most and says whether any are left. */
export type FanOutTask = { step(max: number): boolean };

export type FanOut = {
  /** Runs the task after those that came before it, in slices between which requests are answered. */
  add(task: FanOutTask): void;
  waiting(): number;
  close(): void;
};

/** A write to a socket costs 15 µs, most of it in the kernel: 4 ms until holds and reads have their turn again. */
export const WRITES_PER_TURN = 250;

/**
 * One queue of writing for all screenings of a process. Ten thousand writes in one go would keep everybody else waiting
 * for 150 ms; and maps that all became due together are, after one round, due one after the other.
 */
export function createFanOut(options: { writesPerTurn?: number } = {}): FanOut {
  const writesPerTurn = options.writesPerTurn ?? WRITES_PER_TURN;
  const tasks: FanOutTask[] = [];
  let scheduled = false;

  const schedule = () => {
    if (scheduled || tasks.length === 0) return;
    scheduled = true;
    setImmediate(turn);
  };
  const turn = () => {
    scheduled = false;
    const task = tasks[0];
    if (task && !task.step(writesPerTurn)) tasks.shift();
    schedule();
  };
  return {
    add: (task) => {
      tasks.push(task);
      schedule();
    },
    waiting: () => tasks.length,
    close: () => void tasks.splice(0),
  };
}
