import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { crash } from './crash/run.ts';

// The short form of `npm run bench -- crash`. It waits for what it needs, within far bounds: receipts, rows and the
// provider's books must agree in the end. CRASH_SEED repeats the plan of a run.

const seed = Number(process.env['CRASH_SEED'] ?? randomInt(1_000_000));

test(`killed at random moments while people buy, the house loses nothing (CRASH_SEED=${seed})`, async (t) => {
  const lines: string[] = [];
  const result = await crash({
    seed,
    // One fault of each kind, however long that takes here.
    seconds: 120,
    roundsMax: 1,
    holdMinutes: [0.05, 0.1],
    buyers: 12,
    families: 2,
    screenings: 6,
    lateMs: [2_500, 7_000],
    paceMs: [150, 600],
    print: (line) => void lines.push(line),
  });
  t.diagnostic(`seed ${seed}: ${result.kills} kills, ${result.acknowledged} holds and ${result.sales} sales told`);
  assert.deepEqual(result.findings, [], lines.join('\n'));
  assert.equal(result.unanswered, 0, JSON.stringify(result.reasons));
  for (const [kind, times] of Object.entries(result.killsByKind)) assert.equal(times, 1, kind);
  assert.ok(result.acknowledged > 0, `nobody could hold a seat: ${JSON.stringify(result.reasons)}`);
  assert.deepEqual([result.settings['fsync'], result.settings['synchronous_commit']], ['on', 'on']);
});
