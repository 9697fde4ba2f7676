import type { GeneratorResult } from './generator.ts';

/** A table of what was offered, answered and how fast. */
export function printStreams({ seconds, streams }: GeneratorResult): void {
  console.log(`\n${'stream'.padEnd(8)} offered/s  answered/s   p50 ms   p99 ms   max ms  statuses`);
  for (const stream of streams) {
    const answered = Object.values(stream.statuses).reduce((sum, count) => sum + count, 0);
    const rates = [stream.offered, answered].map((count) => String(Math.round(count / seconds)).padStart(10));
    const times = [stream.p50, stream.p99, stream.max].map((ms) => String(ms).padStart(8));
    console.log(stream.name.padEnd(8), rates.join('  '), times.join(' '), '', JSON.stringify(stream.statuses));
  }
}
