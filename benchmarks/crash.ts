import { randomInt } from 'node:crypto';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { crash } from './crash/run.ts';

export const summary = 'the whole product under load while its processes are killed; an auditor compares afterwards';

/** Two processes: one whose holds end within the run, one whose holds are long enough for a Pix code (65 s). */
const HOLD_MINUTES = [0.15, 1.25];

/** Around the end of the short holds. */
const LATE_MS = [4_000, 14_000] as const;

/** Between two faults: most of the time is spent working, not starting. */
const PACE_MS = [1_200, 4_000] as const;

/** --minutes of load (2), --seed (random), --buyers (60), --screenings (40). Ends with code 1 when anything is wrong. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '2' },
      seed: { type: 'string', default: String(randomInt(1_000_000)) },
      buyers: { type: 'string', default: '60' },
      screenings: { type: 'string', default: '40' },
    },
  });
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const seed = Number(values.seed);
  const minutes = Number(values.minutes);
  print(`seed ${seed}, ${minutes} min, ${values.buyers} buyers and 8 families of three devices, ${values.screenings}`);
  print(`screenings, holds of ${HOLD_MINUTES.join(' and ')} min, ${cpus().length} cores for everything\n`);
  const result = await crash({
    seed,
    seconds: minutes * 60,
    roundsMax: Infinity,
    holdMinutes: HOLD_MINUTES,
    buyers: Number(values.buyers),
    families: 8,
    screenings: Number(values.screenings),
    lateMs: LATE_MS,
    paceMs: PACE_MS,
    print,
  });
  print('\nfault                times');
  for (const [kind, times] of Object.entries(result.killsByKind))
    print(`${kind.padEnd(20)} ${String(times).padStart(5)}`);
  print(`\norders    ${JSON.stringify(result.states)}`);
  print(`payments  ${JSON.stringify(result.payments)}`);
  print(`refused   ${JSON.stringify(result.refused)}`);
  print(`retried   ${JSON.stringify(result.reasons)}`);
  print(`settled   ${(result.settledAfterMs / 1000).toFixed(1)} s after the last buyer`);
  for (const { kind, text } of result.findings.slice(0, 50)) print(`WRONG     ${kind}: ${text}`);
  const { counts } = result;
  print(
    JSON.stringify({
      benchmark: 'crash',
      seed,
      minutes,
      kills: result.kills,
      acknowledged: result.acknowledged,
      lost: counts.lost,
      double_sold: counts.double_sold,
      over_limit: counts.over_limit,
      money_mismatch: counts.money_mismatch,
      count_wrong: counts.count_wrong,
      answer_changed: counts.answer_changed,
      sales: result.sales,
      requests: result.requests,
      retried: result.retried,
      repeated: result.repeated,
      unanswered: result.unanswered,
      settled_after_ms: result.settledAfterMs,
      faults: result.killsByKind,
      ...result.settings,
      processors: cpus().length,
    }),
  );
  if (result.findings.length > 0) process.exitCode = 1;
}
