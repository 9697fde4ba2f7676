import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCommand } from '#testing/command';
import { testDatabase } from '#testing/database';

// The real command, in a process of its own.

const db = await testDatabase();

const staff = (...args: string[]) => runCommand('apps/cli/staff.ts', args, { DATABASE_URL: db.connectionString });
const people = () =>
  db.rows<{ email: string; name: string; role: string; hash: string; enrolled: boolean }>(
    `select a.email, a.name, a.role::text as role, c.password_hash as hash, c.totp_confirmed_at is not null as enrolled
     from accounts.accounts a join accounts.staff_credentials c using (account_id)`,
  );

test('the first administrator is made, without a second factor yet; asked again, the password is another', async () => {
  const first = await staff('administrator', 'Ana@cinema.example', 'Ana', 'Souza');
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /is administrator\.\nPassword, shown only here: [\w-]{20}\n$/);
  const [made, ...others] = await people();
  assert.deepEqual(
    [made!.email, made!.name, made!.role, made!.enrolled],
    ['ana@cinema.example', 'Ana Souza', 'administrator', false],
  );
  assert.deepEqual(others, []);
  const again = await staff('manager', 'ana@cinema.example', 'Ana Souza');
  assert.match(again.out, /is manager \(was staff before/);
  const [changed, ...more] = await people();
  assert.deepEqual([changed!.role, more], ['manager', []]);
  assert.notEqual(changed!.hash, made!.hash);
});

test('what is not understood is told with how to say it, and nobody is made', async () => {
  const before = await people();
  for (const args of [[], ['buyer', 'b@x.example', 'B'], ['usher', 'nobody', 'B'], ['usher', 'b@x.example'], ['--x']]) {
    const { code, out, err } = await staff(...args);
    assert.deepEqual([code, out], [2, ''], args.join(' '));
    assert.match(err, /Usage: npm run --silent staff/);
  }
  assert.deepEqual(await people(), before);
});
