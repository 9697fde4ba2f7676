/** Seconds left until `until`, by the server's clock: `skew` is the server's time minus ours when it told us. */
export function secondsLeft(until: string, now: number, skew: number): number {
  return Math.max(0, Math.ceil((Date.parse(until) - (now + skew)) / 1000));
}

/** 452 → '7:32' */
export function asMinutes(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
