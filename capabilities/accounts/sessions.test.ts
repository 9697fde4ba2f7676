import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { createDatabase, type Database } from '#platform/postgres';
import { testDatabase } from '#testing/database';
import { signedInBuyer, testAccounts } from '#testing/people';

const db = await testDatabase();
const accounts = testAccounts(db);
await accounts.start();
const otherDb = createDatabase({ connectionString: db.connectionString, connectionsMax: 4 });
const counted = countingQueries(otherDb);
const other = testAccounts(counted.db);
await other.start();
test.after(async () => {
  await accounts.close();
  await other.close();
  await otherDb.close();
});

function countingQueries(real: Database) {
  let queries = 0;
  const db: Database = {
    ...real,
    row: (text, values) => {
      queries += 1;
      return real.row(text, values);
    },
  };
  return { db, count: () => queries };
}

async function eventually(what: () => Promise<boolean>) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await what()) return;
    await pause(10);
  }
  assert.fail('did not happen in two seconds');
}

test('a session is read once and then comes from memory, also for a hundred requests at once', async () => {
  const ana = await signedInBuyer(db, accounts);
  const before = counted.count();
  const found = await Promise.all(Array.from({ length: 100 }, () => other.resolveSession(ana.token)));
  await other.resolveSession(ana.token);
  assert.ok(found.every((session) => session?.accountId === ana.accountId));
  assert.equal(counted.count() - before, 1);
});

test('a session ended in one process is dead in the other, which had it in memory', async () => {
  const ana = await signedInBuyer(db, accounts);
  const session = (await other.resolveSession(ana.token))!;
  assert.equal(session.role, 'buyer');
  await db.transaction((tx) => accounts.endSession(tx, ana.accountId, session.sessionId));
  await eventually(async () => (await other.resolveSession(ana.token)) === null);
});

test('of an account with two sessions in memory both are dead when all are ended', async () => {
  const ana = await signedInBuyer(db, accounts);
  const second = await signedInBuyer(db, accounts, ana.email);
  assert.equal(second.accountId, ana.accountId);
  for (const { token } of [ana, second]) assert.ok(await other.resolveSession(token));
  await db.transaction((tx) => accounts.endAllSessions(tx, ana.accountId));
  await eventually(async () => (await other.resolveSession(second.token)) === null);
  assert.equal(other.peekSession(ana.token), null);
  assert.equal(await other.resolveSession(ana.token), null);
});

test('a session from memory has the same buyer key as the one from the database, byte by byte', async () => {
  const ana = await signedInBuyer(db, accounts);
  const key = Buffer.from('00ff80e37f0a0d22c3a9f09f9880feff', 'hex');
  await db.rows('update accounts.accounts set buyer_key = $2 where account_id = $1', [ana.accountId, key]);
  assert.deepEqual((await other.resolveSession(ana.token))?.buyerKey, key);
  assert.deepEqual(other.peekSession(ana.token)?.buyerKey, key);
});

test('control: a process that does not listen still believes in the ended session for its two seconds, no longer', async () => {
  let nowMs = 1_000_000;
  const deaf = testAccounts(otherDb, { clock: { now: () => new Date(nowMs) } });
  const ana = await signedInBuyer(db, accounts);
  const session = (await deaf.resolveSession(ana.token))!;
  await db.transaction((tx) => accounts.endSession(tx, ana.accountId, session.sessionId));
  assert.equal((await deaf.resolveSession(ana.token))?.accountId, ana.accountId);
  nowMs += 2_001;
  assert.equal(await deaf.resolveSession(ana.token), null);
});

test('when the listening connection is killed, everything remembered is read anew', async () => {
  const ana = await signedInBuyer(db, accounts);
  await other.resolveSession(ana.token);
  await db.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and query ilike 'listen sessions_revoked' and pid <> pg_backend_pid()`,
  );
  // Ended while nobody listened: no notification will ever come.
  await db.rows('delete from accounts.sessions where account_id = $1', [ana.accountId]);
  await eventually(async () => (await other.resolveSession(ana.token)) === null);
});

test('a session ends when idle too long and when too old, and a made-up token asks the database nothing', async () => {
  const ana = await signedInBuyer(db, accounts);
  await db.rows(`update accounts.sessions set last_seen_at = now() - interval '31 days' where account_id = $1`, [
    ana.accountId,
  ]);
  assert.equal(await accounts.resolveSession(ana.token), null);
  const bia = await signedInBuyer(db, accounts);
  await db.rows(`update accounts.sessions set expires_at = now() - interval '1 second' where account_id = $1`, [
    bia.accountId,
  ]);
  assert.equal(await accounts.resolveSession(bia.token), null);
  const before = counted.count();
  for (const token of ['', 'x', `${'a'.repeat(42)}'`, 'a'.repeat(5000)]) {
    assert.equal(await other.resolveSession(token), null);
  }
  assert.equal(counted.count(), before);
});

test('memory is bounded: over the limit the oldest is forgotten and read again, never refused', async () => {
  const small = testAccounts(otherDb, { sessionsInMemoryMax: 2 });
  const people = await Promise.all([1, 2, 3].map(() => signedInBuyer(db, accounts)));
  for (const person of [...people, ...people]) {
    assert.equal((await small.resolveSession(person.token))?.accountId, person.accountId);
  }
});

test('the list shows devices and which one is this; ending a session of somebody else does nothing', async () => {
  const ana = await signedInBuyer(db, accounts);
  await signedInBuyer(db, accounts, ana.email);
  const bia = await signedInBuyer(db, accounts);
  const here = (await accounts.resolveSession(ana.token))!;
  const list = await accounts.listSessions(ana.accountId, here.sessionId);
  assert.equal(list.length, 2);
  assert.deepEqual(
    list.filter((session) => session.current).map((session) => session.device),
    ['Chrome · Android'],
  );
  const ended = await db.transaction((tx) => accounts.endSession(tx, bia.accountId, here.sessionId));
  assert.equal(ended, false);
  assert.equal((await accounts.listSessions(ana.accountId, null)).length, 2);
});
