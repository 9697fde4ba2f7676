import type { Callers } from './callers.ts';
import type { Faults } from './faults.ts';
import type { ApiProcess } from './process.ts';
import type { Random } from './random.ts';
import type { Rows } from './rows.ts';
import type { Timeline } from './timeline.ts';

type Deps = {
  timeline: Timeline;
  random: Random;
  faults: () => Faults;
  callers: Callers;
  processes: readonly ApiProcess[];
  rows: Rows;
  count: (what: string) => void;
};

/** The house's own hands: the worker that writes down ended holds, staff at the back office. */
export function sendStaff(deps: Deps, untilMs: number): void {
  const { timeline, random, callers, processes, rows } = deps;
  const worker = () => {
    const process = random.pick(processes);
    process.call({ kind: 'expire', processNow: process.clock() }, () => {});
    if (timeline.now() < untilMs) timeline.after(random.between(30_000, 400_000), worker);
  };
  timeline.after(random.between(0, 100_000), worker);

  for (let wish = random.between(0, 4); wish > 0; wish -= 1) {
    timeline.after(random.between(0, 1_000_000), () => {
      const screeningId = random.between(1, rows.screenings.size);
      if (random.chance(0.4)) {
        callers.call({ kind: 'sale', screeningId, status: 'paused' }, () =>
          timeline.after(random.between(1_000, 200_000), () =>
            callers.call({ kind: 'sale', screeningId, status: 'on_sale' }, () => {}),
          ),
        );
      } else {
        const seats = rows.screenings.get(screeningId)!.tickets.length + (random.chance(0.1) ? 1 : 0);
        const seatNos = random.sample(
          Array.from({ length: seats }, (_, at) => at + 1),
          random.between(1, 3),
        );
        callers.call({ kind: 'block', screeningId, seatNos, blocked: random.chance(0.7) }, () => {});
      }
    });
  }
}

/** Looks at each process once a minute, and lets happen to it what the faults of this story allow. */
export function troubleProcesses(deps: Deps, untilMs: number): void {
  const { timeline, random, faults, processes, count } = deps;
  const minute = () => {
    for (const process of processes) {
      if (random.chance(faults().crash)) {
        timeline.after(random.between(0, 60_000), () => process.crash(random.between(10, 20_000)));
      }
      if (random.chance(faults().cutOff)) {
        count('process cut off');
        process.cutOff(random.between(1_000, 50_000));
      }
      if (random.chance(faults().clockStep)) {
        count('process clock step');
        process.stepClock(random.between(-1_200_000, 1_200_000));
      }
    }
    if (timeline.now() < untilMs) timeline.after(60_000, minute);
  };
  minute();
}
