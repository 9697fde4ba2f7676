import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { durability } from '../durability.ts';
import { audit, countByKind, type Finding, type FindingKind, type Ledger, type Receipt } from '#testing/auditor';
import { unsettled } from '#testing/audit-books';
import { aMovie, aScreening } from '#testing/builders';
import type { Database } from '#platform/postgres';
import { buy, type Counts, type Scene } from './buyers.ts';
import { type Client, createClient, pause } from './client.ts';
import { DISTURBANCES, type FaultKind, injectFaults, type Injected, KILLS } from './faults.ts';
import { type Buyer, type CrashHouse, makeBuyers, startCrashHouse } from './house.ts';
import { createRandom, type Random } from './random.ts';

export type CrashOptions = {
  seed: number;
  /** How long buyers come and faults happen, at most; the load ends with the last round of faults. */
  seconds: number;
  /** How often each kind of fault happens at most. */
  roundsMax: number;
  holdMinutes: readonly number[];
  buyers: number;
  /** Accounts with three devices that want more than ten together. */
  families: number;
  screenings: number;
  /** How long a bank that is slow takes to say yes: from about the end of the hold on. */
  lateMs: readonly [number, number];
  /** Shortest and longest time between two faults. */
  paceMs: readonly [number, number];
  print(line: string): void;
};

export type CrashResult = {
  faults: Injected[];
  kills: number;
  killsByKind: Record<FaultKind, number>;
  acknowledged: number;
  sales: number;
  requests: number;
  retried: number;
  reasons: Record<string, number>;
  repeated: number;
  unanswered: number;
  refused: Record<string, number>;
  settledAfterMs: number;
  findings: Finding[];
  counts: Record<FindingKind, number>;
  settings: Record<string, string>;
  /** Orders by state, payments by method and state. */
  states: Record<string, number>;
  payments: Record<string, number>;
};

const PATIENCE_MS = 120_000;
const SETTLE_MS_MAX = 240_000;

/** The whole test: house, buyers, faults, settlement, audit. Everything it started is gone when it returns. */
export async function crash(options: CrashOptions): Promise<CrashResult> {
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-crash-'));
  // Faults are what is provoked here; a process that ends by itself is worth seeing.
  const onLine = (line: string) => void (/"level":60|"msg":"bug/.test(line) && options.print(line));
  const house = await startCrashHouse({ folder, holdMinutes: options.holdMinutes, onLine });
  try {
    return await underLoad(house, options);
  } finally {
    await house.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function underLoad(house: CrashHouse, options: CrashOptions): Promise<CrashResult> {
  const random = createRandom(options.seed);
  const screenings = await makeScreenings(house.db, options.screenings);
  const names = (count: number, word: string) => Array.from({ length: count }, (_, n) => `${word} ${n}`);
  const buyers = await makeBuyers(house.db, names(options.buyers, 'buyer'), 1);
  const families = await makeBuyers(house.db, names(options.families, 'family'), 3);
  const ports = house.apiWires.map((wire) => wire.port);
  const client = createClient({ ports, random: random.fork(), patienceMs: PATIENCE_MS });
  const staffToken = await signInManager(client, house);
  const counts: Counts = { refused: {}, unanswered: 0, paid: 0, bank: 0 };
  const receipts: Receipt[] = [];
  const end = performance.now() + options.seconds * 1_000;
  let over = false;
  const running = () => !over && performance.now() < end;
  const pix = options.holdMinutes.some((minutes) => minutes > 1.15);
  const { sandboxUrl, publishableKey } = house;
  const { lateMs } = options;
  const scene = { client, screenings, sandboxUrl, publishableKey, staffToken, pix, lateMs, running, receipts, counts };
  const faults: Injected[] = [];
  const load = Promise.all(crowd(scene, buyers, families, random));
  await injectFaults({
    house,
    random: random.fork(),
    paceMs: options.paceMs,
    roundsMax: options.roundsMax,
    running,
    onFault: (fault) => {
      faults.push(fault);
      options.print(`${(fault.atMs / 1000).toFixed(1).padStart(7)} s  ${fault.kind.padEnd(18)} ${fault.detail}`);
    },
  });
  over = true;
  await load;
  const settledAfterMs = await settle(house.db);
  const ledger = await readLedger(house);
  const findings = await audit(house.db, { screeningIds: null, receipts, ledger });
  // What the client itself saw: the same key, twice answered, and not the same answer.
  for (const text of client.counts.changed) findings.push({ kind: 'answer_changed', text });
  return {
    faults,
    ...killsOf(faults),
    acknowledged: receipts.length,
    sales: counts.paid,
    ...pickCounts(client, counts),
    settledAfterMs,
    findings,
    counts: countByKind(findings),
    settings: await durability(house.db),
    states: await countsOf(house.db, 'select state, count(*) as n from orders.orders group by 1 order by 1'),
    payments: await countsOf(house.db, PAYMENTS),
  };
}

function crowd(scene: Omit<Scene, 'random'>, buyers: Buyer[], families: Buyer[], random: Random): Promise<void>[] {
  const people = [
    ...buyers.map((buyer) => ({ buyer, seatsMin: 1, seatsMax: 4 })),
    ...families.map((buyer) => ({ buyer, seatsMin: 3, seatsMax: 7 })),
  ];
  return people.flatMap(({ buyer, ...wants }, n) =>
    buyer.tokens.map((token) =>
      buy({ ...scene, random: random.fork() }, { buyer, token, address: `10.1.${n >> 8}.${n & 255}`, ...wants }),
    ),
  );
}

/** Small halls, so that people meet: the first is the one that everybody wants. */
async function makeScreenings(db: Database, count: number) {
  const movieId = await aMovie(db);
  const made: { screeningId: number; seatCount: number }[] = [];
  for (let n = 0; n < count; n += 1) made.push(await aScreening(db, { movieId, rows: n === 0 ? 15 : 6, perRow: 12 }));
  return made;
}

async function signInManager(client: Client, house: CrashHouse): Promise<string> {
  const { email, password } = house.staff;
  const base = `http://127.0.0.1:${house.apiWires[0]!.port}`;
  const post = async (path: string, body: unknown, cookie: string) => {
    const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), cookie };
    const answer = await fetch(`${base}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.headers.getSetCookie().map((line) => line.split(';')[0]!);
  };
  const half = await post('/api/staff/sign-in', { email, password }, '');
  const whole = await post('/api/staff/second-factor', { code: house.staff.totp() }, half.join('; '));
  return /poltrona_session=([^;]+)/.exec(whole.join('; '))![1]!;
}

/**
 * Waits until no payment, refund or event is on its way. The reconciler looks at growing intervals, up to a quarter of
 * an hour; so that nobody waits for that, its next look is set to now. What it does then is its own business.
 */
async function settle(db: Database): Promise<number> {
  const began = performance.now();
  for (;;) {
    const left = await unsettled(db);
    if (left === 0 || performance.now() - began > SETTLE_MS_MAX) return Math.round(performance.now() - began);
    await db.rows(`update payments.attempts set next_check_at = now()
      where state in ('created', 'submitted', 'requires_action', 'unknown') and next_check_at > now()`);
    await db.rows(`update payments.refunds set next_check_at = now()
      where state in ('created', 'pending') and next_check_at > now()`);
    await db.rows(`update payments.provider_events set next_try_at = now() where processed_at is null`);
    await pause(250);
  }
}

async function readLedger(house: CrashHouse): Promise<Ledger> {
  const answer = await fetch(`${house.sandboxUrl}/sandbox/ledger`);
  return ((await answer.json()) as { orders: Ledger }).orders;
}

function killsOf(faults: readonly Injected[]) {
  const killsByKind = Object.fromEntries(
    [...KILLS, ...DISTURBANCES].map((kind) => [kind, 0]),
  ) as CrashResult['killsByKind'];
  for (const { kind } of faults) killsByKind[kind] += 1;
  return { killsByKind, kills: KILLS.reduce((sum, kind) => sum + killsByKind[kind], 0) };
}

function pickCounts(client: Client, counts: Counts) {
  const { requests, retried, reasons, repeated } = client.counts;
  return { requests, retried, reasons, repeated, unanswered: counts.unanswered, refused: counts.refused };
}

async function countsOf(db: Database, text: string): Promise<Record<string, number>> {
  const rows = await db.rows<{ state: string; n: number }>(text);
  return Object.fromEntries(rows.map((row) => [row.state, row.n]));
}

const PAYMENTS = `
  select method || ' ' || state || coalesce(', ' || fulfilment, '') as state, count(*) as n
  from payments.attempts group by 1 order by 1`;
