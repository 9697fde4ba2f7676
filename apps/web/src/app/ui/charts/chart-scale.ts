/** Round steps from 0 to at least `max`, at most `count` of them: what the lines behind a chart say. */
export function niceTicks(max: number, count: number): number[] {
  if (!(max > 0)) return [0, 1];
  const rough = max / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power);
  const ticks: number[] = [];
  for (let tick = 0; tick < max + step; tick += step) ticks.push(Math.round(tick));
  return ticks;
}

export type Frame = { left: number; right: number; top: number; bottom: number; width: number; height: number };

export type Column = { x: number; width: number; centre: number };

/** Equal columns between the margins of the frame, each with its bar in the middle. */
export function columnsOf(frame: Frame, count: number, fill = 0.64): Column[] {
  const room = (frame.width - frame.left - frame.right) / Math.max(1, count);
  return Array.from({ length: count }, (_, index) => {
    const start = frame.left + room * index;
    return { x: start + (room * (1 - fill)) / 2, width: room * fill, centre: start + room / 2 };
  });
}

/** Height in the frame of a value: the axis is at the bottom. */
export function heightOf(frame: Frame, value: number, max: number): number {
  const room = frame.height - frame.top - frame.bottom;
  return frame.height - frame.bottom - (max > 0 ? (Math.min(Math.max(value, 0), max) / max) * room : 0);
}

export function linePath(points: readonly (readonly [x: number, y: number])[]): string {
  return points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}

/** How full, in five steps (0 … 4), for colour. Nearly sold out is a step of its own, full another. */
export function heatLevel(share: number): 0 | 1 | 2 | 3 | 4 {
  if (share >= 0.9) return 4;
  if (share >= 0.6) return 3;
  if (share >= 0.3) return 2;
  return share > 0 ? 1 : 0;
}
