import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admit, ADMISSION_RULES, type Scan } from './index.ts';
import { revokeTickets } from '#capabilities/tickets';
import { newId } from '#platform/ids';
import { createDatabase, type Database } from '#platform/postgres';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { soldTickets, testKeys } from '#testing/sold-tickets';

const deps = { keys: testKeys, rules: ADMISSION_RULES };
const soon = () => new Date(Date.now() + 30 * 60_000);
const asScan = (screeningId: number, token: string, gate: string): Scan => ({
  screeningId,
  token,
  gate,
  usher: newId(),
  nonce: newId(),
});

async function outcomeAt(db: Database, scan: Scan) {
  const answer = await db.transaction((tx) => admit(deps, tx, scan));
  return answer.outcome === 'decided' ? answer.verdict.outcome : answer.outcome;
}

/** Gate 2 scans after gate 1 has admitted but before gate 1 has committed. */
async function twoGates(db: Database) {
  const screening = await aScreening(db, { startsAt: soon() });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }]);
  const token = tickets[0]!.token;
  let second: Promise<string> | undefined;
  const first = await db.transaction(async (tx) => {
    const answer = await admit(deps, tx, asScan(screening.screeningId, token, 'Portão 1'));
    second = outcomeAt(db, asScan(screening.screeningId, token, 'Portão 2'));
    // Either it finishes before us (the control), or it waits for our commit (the guard).
    await Promise.race([second, waitingForLock(db)]);
    return answer;
  });
  return [first.outcome === 'decided' ? first.verdict.outcome : first.outcome, await second];
}

async function waitingForLock(db: Database): Promise<void> {
  for (;;) {
    const waiting = await db.rows(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if (waiting.length > 0) return;
  }
}

const admittedCount = (db: Database, screeningId: number) =>
  db.row<{ count: number }>(
    `select count(*) from admission.admissions where screening_id = $1 and outcome = 'admitted'`,
    [screeningId],
  );

test('two gates racing for one ticket admit it once', async () => {
  assert.deepEqual(await twoGates(await testDatabase()), ['admitted', 'already_admitted']);
});

test('control: without the unique index the same race admits it twice', async () => {
  const db = await testDatabase();
  await db.rows('drop index admission.admissions_once');
  assert.deepEqual(await twoGates(db), ['admitted', 'admitted']);
});

test('a storm of scans from two processes’ pools admits each ticket once and tells all others', async () => {
  const db = await testDatabase();
  const other = createDatabase({ connectionString: db.connectionString, connectionsMax: 10 });
  const screening = await aScreening(db, { startsAt: soon() });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }, { seatNo: 2 }, { seatNo: 3 }]);
  const scans = Array.from({ length: 90 }, (_, index) =>
    outcomeAt(
      index % 2 ? db : other,
      asScan(screening.screeningId, tickets[index % 3]!.token, `Portão ${1 + (index % 4)}`),
    ),
  );
  const outcomes = await Promise.all(scans);
  await other.close();
  assert.equal(outcomes.filter((outcome) => outcome === 'admitted').length, 3);
  assert.equal(outcomes.filter((outcome) => outcome === 'already_admitted').length, 87);
  assert.equal((await admittedCount(db, screening.screeningId))!.count, 3);
});

test('one scan sent twice at once is one scan', async () => {
  const db = await testDatabase();
  const screening = await aScreening(db, { startsAt: soon() });
  const { tickets } = await soldTickets(db, screening, [{ seatNo: 1 }]);
  const scan = asScan(screening.screeningId, tickets[0]!.token, 'Portão 1');
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => outcomeAt(db, scan)));
  assert.deepEqual(new Set(outcomes), new Set(['admitted']));
  assert.equal((await admittedCount(db, screening.screeningId))!.count, 1);
});

/** What a scan says that comes after a refund was decided and before it was committed. */
async function scanDuringRefund(db: Database) {
  const screening = await aScreening(db, { startsAt: soon() });
  const sold = await soldTickets(db, screening, [{ seatNo: 1 }]);
  let scanned: Promise<string> | undefined;
  await db.transaction(async (tx) => {
    await revokeTickets(tx, { ...sold, reason: 'refunded' });
    scanned = outcomeAt(db, asScan(screening.screeningId, sold.tickets[0]!.token, 'Portão 1'));
    await Promise.race([scanned, waitingForLock(db)]);
  });
  return scanned;
}

test('a scan that meets a refund on its way waits for it and is refused', async () => {
  assert.equal(await scanDuringRefund(await testDatabase()), 'revoked');
});

test('control: without the row lock the refunded ticket is admitted', async () => {
  const db = await testDatabase();
  const source = await db.row<{ text: string }>(
    `select pg_get_functiondef(oid) as text from pg_proc where proname = 'admit_ticket'`,
  );
  await db.rows(source!.text.replaceAll('for share', ''));
  assert.equal(await scanDuringRefund(db), 'admitted');
});
