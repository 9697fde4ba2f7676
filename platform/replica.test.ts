import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import pino from 'pino';
import { replicatedDatabase } from '#testing/replicated';
import { createReader } from './replica.ts';

const world = await replicatedDatabase();
const { db } = world;
await db.rows('create table public.facts (fact integer not null)');
await world.caughtUp();

const lines: { level: number; reason?: string; msg: string }[] = [];
const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
let nowMs = 0;
const reader = createReader({
  primary: db,
  replicaUrl: world.replicaUrl,
  connectionsMax: 2,
  lagMsMax: 5_000,
  checkEveryMs: 20,
  applicationName: 'reader under test',
  log,
  nowMs: () => nowMs,
});
after(() => reader.close());

const count = async () => (await reader.row<{ n: number }>('select count(*) as n from public.facts'))!.n;
const add = () => db.rows('insert into public.facts values (1)');
const until = async (done: () => boolean | Promise<boolean>) => {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 10));
};

test('reads come from the replica as soon as it has proved that it keeps up', async () => {
  await until(() => reader.usesReplica());
  assert.deepEqual(await reader.row('select pg_is_in_recovery() as standby'), { standby: true });
});

test('a write is refused: by the standby, by the session on the primary, and there is no transaction to be had', async () => {
  await assert.rejects(reader.rows('insert into public.facts values (1)'), { code: '25006' });
  await assert.rejects(
    reader.transaction(async () => {}),
    /only reads/,
  );
  await assert.rejects(reader.connect(), /only reads/);
  await world.stopReplica();
  await until(() => !reader.usesReplica());
  await assert.rejects(reader.rows('insert into public.facts values (1)'), { code: '25006' });
  assert.equal((await db.row<{ n: number }>('select count(*) as n from public.facts'))!.n, 0);
});

test('while the replica is down reads come from the primary, on few connections, and one line says so', async () => {
  await add();
  assert.deepEqual(await reader.row('select pg_is_in_recovery() as standby'), { standby: false });
  const asked = await Promise.all(Array.from({ length: 40 }, count));
  assert.deepEqual([...new Set(asked)], [1]);
  const used = await db.row<{ n: number }>(
    `select count(*) as n from pg_stat_activity where application_name = 'reader under test'`,
  );
  assert.ok(used!.n <= 4, `${used!.n} connections`);
  assert.equal(lines.filter((line) => line.msg === 'reads go to the primary').length, 1);
});

test('a replica that comes back is used again', async () => {
  await world.startReplica();
  await world.caughtUp();
  await until(() => reader.usesReplica());
  assert.equal(await count(), 1);
});

test('a lagging replica shows what was, until it lags too much; then the primary shows what is', async () => {
  await world.pause();
  await add();
  const fresh = await db.row<{ n: number }>('select count(*) as n from public.facts');
  assert.deepEqual([await count(), fresh!.n], [1, 2]);
  nowMs += 5_001;
  await until(() => !reader.usesReplica());
  assert.equal(await count(), 2);
  await world.resume();
  await until(() => reader.usesReplica());
  assert.equal(await count(), 2);
});

test('a primary on which nothing happens makes no lag, however long', async () => {
  await world.caughtUp();
  nowMs += 3_600_000;
  const checked = lines.length;
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(reader.usesReplica(), true);
  assert.equal(lines.length, checked);
});

test('a query that stands in the way of replay is answered by the primary', async () => {
  const answer = await reader.row(
    `do $$ begin
       if pg_is_in_recovery() then raise exception 'in the way' using errcode = '40001'; end if;
     end $$`,
  );
  assert.deepEqual([answer, reader.usesReplica()], [null, true]);
});

test('an error of the statement itself is nobody else’s business', async () => {
  await assert.rejects(reader.rows('select nothing from nowhere'), { code: '42P01' });
  assert.equal(reader.usesReplica(), true);
});
