import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newId } from '#platform/ids';
import { createDatabase } from '#platform/postgres';
import { testDatabase } from '#testing/database';
import { anEmail, mailedCode, signedInBuyer, testAccounts } from '#testing/people';

const db = await testDatabase();
const accounts = testAccounts(db);
// Another process: its own pool and its own memory.
const otherDb = createDatabase({ connectionString: db.connectionString, connectionsMax: 4 });
const otherAccounts = testAccounts(otherDb);
test.after(() => otherDb.close());

const ask = (email: string) =>
  db.transaction((tx) => accounts.requestCode(tx, { email, locale: 'pt-BR', correlationId: newId() }));
const verify = (email: string, code: string, at = { db, accounts }) =>
  at.db.transaction((tx) =>
    at.accounts.verifyCode(tx, { email, code, device: '—', signInKey: randomBytes(32), previousToken: null }),
  );
const otherThan = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

test('a mailed code signs in once: the same code again finds nothing, and one account was made', async () => {
  const email = anEmail();
  await ask(email);
  const code = (await mailedCode(db, email))!;
  assert.match(code, /^\d{6}$/);
  assert.equal((await verify(email, code)).outcome, 'signed_in');
  assert.equal((await verify(email, code)).outcome, 'code_expired');
  const made = await db.rows('select 1 from accounts.accounts where email = $1', [email]);
  assert.equal(made.length, 1);
});

test('the address is the same person in any case of letters and with spaces around', async () => {
  const first = await signedInBuyer(db, accounts);
  const again = await signedInBuyer(db, accounts, first.email);
  const shouted = first.email.toUpperCase();
  await ask(` ${shouted} `);
  const answer = await verify(shouted, (await mailedCode(db, first.email))!);
  assert.ok(answer.outcome === 'signed_in');
  assert.equal(answer.accountId, first.accountId);
  assert.equal(again.accountId, first.accountId);
});

test('two processes with the same right code at once: one session, the other is told to ask anew', async () => {
  for (let round = 0; round < 5; round += 1) {
    const email = anEmail();
    await ask(email);
    const code = (await mailedCode(db, email))!;
    const answers = await Promise.all([
      verify(email, code),
      verify(email, code, { db: otherDb, accounts: otherAccounts }),
      verify(email, code),
      verify(email, code, { db: otherDb, accounts: otherAccounts }),
    ]);
    assert.deepEqual(answers.map((answer) => answer.outcome).sort(), [
      'code_expired',
      'code_expired',
      'code_expired',
      'signed_in',
    ]);
  }
});

test('five wrong tries kill the code: the right one no longer works, also when guessed from two processes at once', async () => {
  const email = anEmail();
  await ask(email);
  const code = (await mailedCode(db, email))!;
  const wrong = otherThan(code);
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      verify(email, wrong, index % 2 ? { db: otherDb, accounts: otherAccounts } : { db, accounts }),
    ),
  );
  assert.equal(answers.filter((answer) => answer.outcome === 'code_wrong').length, 5);
  assert.equal((await verify(email, code)).outcome, 'code_expired');
});

test('control: with the count of tries taken away, the twelfth guess is still judged', async () => {
  const email = anEmail();
  await ask(email);
  const code = (await mailedCode(db, email))!;
  for (let index = 0; index < 12; index += 1) {
    await db.rows('update accounts.sign_in_codes set tries = 0 where email = $1', [email]);
    assert.equal((await verify(email, otherThan(code))).outcome, 'code_wrong');
  }
  await db.rows('update accounts.sign_in_codes set tries = 0 where email = $1', [email]);
  assert.equal((await verify(email, code)).outcome, 'signed_in');
});

test('a code is dead after its ten minutes, and a newer code replaces it', async () => {
  const email = anEmail();
  await ask(email);
  const first = (await mailedCode(db, email))!;
  await ask(email);
  const second = (await mailedCode(db, email))!;
  if (first !== second) assert.equal((await verify(email, first)).outcome, 'code_wrong');
  await db.rows(`update accounts.sign_in_codes set expires_at = now() - interval '1 second' where email = $1`, [email]);
  assert.equal((await verify(email, second)).outcome, 'code_expired');
});

test('attempts are counted across processes, refused over the limit with a time to wait, and free again after it', async () => {
  const email = anEmail();
  const waits: number[] = [];
  for (let index = 0; index < 6; index += 1) {
    waits.push(await (index % 2 ? accounts : otherAccounts).attempt([['codePerEmail', email]]));
  }
  assert.deepEqual(waits.slice(0, 5), [0, 0, 0, 0, 0]);
  assert.ok(waits[5]! > 800 && waits[5]! <= 900, String(waits[5]));
  await db.rows(`update accounts.attempts set ends_at = now() - interval '1 second'`);
  assert.equal(await accounts.attempt([['codePerEmail', email]]), 0);
});

test('neither code nor address lies readable in any row while the mail waits, apart from the address to write to', async () => {
  const email = anEmail();
  await ask(email);
  await accounts.attempt([['codePerEmail', email]]);
  const code = (await mailedCode(db, email))!;
  const codes = JSON.stringify(await db.rows('select * from accounts.sign_in_codes where email = $1', [email]));
  const mails = JSON.stringify(await db.rows('select data from notifications.emails where recipient = $1', [email]));
  const attempts = JSON.stringify(await db.rows(`select encode(bucket, 'escape') as b from accounts.attempts`));
  assert.equal(codes.includes(`"${code}"`), false);
  assert.equal(mails.includes(`"${code}"`), false);
  assert.equal(attempts.includes(email), false);
});
