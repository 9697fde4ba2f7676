import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { aCpf, signedInBuyer, testAccounts } from '#testing/people';

const db = await testDatabase();
const accounts = testAccounts(db);
await accounts.start();
test.after(() => accounts.close());

const bind = (accountId: string, cpf: string, on = db) =>
  on.transaction((tx) => accounts.bindCpf(tx, { accountId, cpf, name: 'Ana Souza' }));

test('a CPF is bound once: again is the same answer, another CPF and another account are refused, an invalid one too', async () => {
  const ana = await signedInBuyer(db, accounts);
  const bia = await signedInBuyer(db, accounts);
  const cpf = aCpf();
  assert.equal((await bind(ana.accountId, '11111111111')).outcome, 'cpf_invalid');
  const bound = await bind(ana.accountId, cpf);
  assert.deepEqual(bound, { outcome: 'bound', maskedCpf: `***.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-**` });
  const masked = `${cpf.slice(0, 3)}.${cpf.slice(3, 6)}.${cpf.slice(6, 9)}-${cpf.slice(9)}`;
  assert.equal((await bind(ana.accountId, masked)).outcome, 'already_bound_same');
  assert.equal((await bind(ana.accountId, aCpf())).outcome, 'account_has_cpf');
  assert.equal((await bind(bia.accountId, cpf)).outcome, 'cpf_taken');
  // The refusal left the second account free to tell its own.
  assert.equal((await bind(bia.accountId, aCpf())).outcome, 'bound');
});

test('the session knows the CPF from the next request on, without a new sign-in', async () => {
  const ana = await signedInBuyer(db, accounts);
  assert.equal((await accounts.resolveSession(ana.token))?.buyerKey, null);
  const cpf = aCpf();
  await bind(ana.accountId, cpf);
  accounts.forgetSessions(ana.accountId);
  assert.equal((await accounts.resolveSession(ana.token))?.buyerKey?.length, 16);
});

test('the number lies nowhere readable: a keyed hash on the account, a sealed value that opens only for its account', async () => {
  const ana = await signedInBuyer(db, accounts);
  const bia = await signedInBuyer(db, accounts);
  const cpf = aCpf();
  await bind(ana.accountId, cpf);
  await bind(bia.accountId, aCpf());
  const rows = JSON.stringify(await db.rows('select * from accounts.accounts'));
  const vault = await db.rows<{ sealed_cpf: Buffer }>('select sealed_cpf from accounts.cpf_vault');
  assert.equal(rows.includes(cpf), false);
  assert.ok(vault.every((row) => !row.sealed_cpf.includes(cpf)));
  assert.equal((await accounts.exportPersonalData(ana.accountId))?.['account'] !== undefined, true);
  await db.rows(
    'update accounts.cpf_vault set sealed_cpf = (select sealed_cpf from accounts.cpf_vault where account_id = $1) where account_id = $2',
    [ana.accountId, bia.accountId],
  );
  await assert.rejects(accounts.readMe(db, { accountId: bia.accountId, role: 'buyer' }));
});

async function raceForOneCpf() {
  const people = await Promise.all(Array.from({ length: 6 }, () => signedInBuyer(db, accounts)));
  const cpf = aCpf();
  const answers = await Promise.all(people.map((person) => bind(person.accountId, cpf)));
  return answers.map((answer) => answer.outcome).sort();
}

test('six accounts at once with one CPF: one has it, five are told that it is taken', async () => {
  for (let round = 0; round < 4; round += 1) {
    assert.deepEqual(await raceForOneCpf(), ['bound', ...Array.from({ length: 5 }, () => 'cpf_taken')]);
  }
});

test('control: without the unique constraint the same race gives one CPF to six accounts', async () => {
  await db.rows('alter table accounts.accounts drop constraint accounts_buyer_key_key');
  assert.deepEqual(
    await raceForOneCpf(),
    Array.from({ length: 6 }, () => 'bound'),
  );
});
