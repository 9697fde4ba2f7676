import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { aScreening } from '#testing/builders';
import { ROOT, testDatabase } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import * as rules from './shard-rules.ts';

const db = await testDatabase();
const SHARDED = [...rules.HOT, ...rules.BESIDE];

const hotSql = new Map<string, string>();
for (const pattern of rules.HOT_SQL) {
  const before = hotSql.size;
  for await (const path of glob(pattern, { cwd: ROOT })) hotSql.set(path, await readFile(join(ROOT, path), 'utf8'));
  assert.ok(hotSql.size > before, `${pattern} is no file`);
}

const inHotSql = (rule: (text: string) => string[]) =>
  [...hotSql].flatMap(([path, text]) => rule(text).map((found) => `${path}: ${found}`));

await db.rows('create schema bad');
let serial = 0;
/** A table that breaks a rule, in the words of `ddl` with T for its name. */
async function bad(ddl: string, key = 'screening_id'): Promise<rules.Sharded> {
  const table = `bad.t${(serial += 1)}`;
  await db.rows(ddl.replaceAll('T', table));
  return { table, key };
}

test('the screening leads every primary and unique key', async () => {
  for (const ddl of [
    'create table T (seat_no smallint, screening_id integer not null, primary key (seat_no, screening_id))',
    'create table T (screening_id integer primary key, code text unique)',
    'create table T (screening_id integer not null, code text); create unique index on T (lower(code), screening_id)',
    'create table T (screening_id bigint primary key)',
    'create table T (screening_id integer unique)',
    'create table T (screening_id integer not null)',
    'create table T (other integer primary key)',
  ]) {
    assert.notDeepEqual(await rules.keysWithoutShard(db, [await bad(ddl)]), [], ddl);
  }
  assert.deepEqual(await rules.keysWithoutShard(db, SHARDED), []);
});

test('no foreign key from or to a hot table, and beside them only within one screening', async () => {
  const parent = await bad('create table T (screening_id integer, no integer, primary key (screening_id, no))');
  const child = await bad(
    `create table T (screening_id integer primary key, no integer,
       foreign key (screening_id, no) references ${parent.table})`,
  );
  assert.equal((await rules.foreignKeys(db, [child])).length, 1, 'from');
  assert.equal((await rules.foreignKeys(db, [parent])).length, 1, 'to');
  assert.deepEqual(await rules.foreignKeys(db, [], [parent, child]), [], 'side by side');
  const outside = await bad('create table T (screening_id integer primary key references catalog.movies)');
  assert.equal((await rules.foreignKeys(db, [], [outside])).length, 1, 'to another key');
  assert.deepEqual(await rules.foreignKeys(db, rules.HOT, rules.BESIDE), []);
});

test('no trigger, rule, exclusion, sequence, partition, and every row is logged', async () => {
  await db.rows(`create function bad.nothing() returns trigger language plpgsql as 'begin return new; end'`);
  for (const ddl of [
    'create table T (screening_id integer primary key); create trigger x before insert on T execute function bad.nothing()',
    'create table T (screening_id integer primary key); create rule x as on delete to T do instead nothing',
    'create table T (screening_id integer primary key, during int4range, exclude using gist (during with &&))',
    'create table T (screening_id integer primary key, no integer generated always as identity)',
    'create table T (screening_id integer primary key, no serial)',
    'create table T (screening_id integer primary key) partition by hash (screening_id)',
    'create unlogged table T (screening_id integer primary key)',
    'create table T (screening_id integer primary key); create table bad.child () inherits (T)',
  ]) {
    assert.equal((await rules.hiddenWork(db, [await bad(ddl)])).length, 1, ddl);
  }
  assert.deepEqual(await rules.hiddenWork(db, SHARDED), []);
});

test('tuning that can be taken away is listed, all of it and nothing else', async () => {
  const tuned = await bad(
    `create table T (screening_id integer primary key, at timestamptz) with (fillfactor = 70);
     create index bad_at on T (at); create index fine on T (screening_id, at)`,
  );
  assert.deepEqual(await rules.tuning(db, [tuned]), [`${tuned.table}: fillfactor=70`, `${tuned.table}: index bad_at`]);
  assert.deepEqual((await rules.tuning(db, SHARDED)).sort(), [...rules.TUNING].sort());
});

test('the tuning really can be taken away: without it the hot SQL is all there and a seat is held', async () => {
  const copy = await testDatabase();
  for (const found of rules.TUNING) {
    const [table, what] = found.split(': ') as [string, string];
    const index = /^index (.*)$/.exec(what)?.[1];
    const setting = what.split('=')[0];
    await copy.rows(index ? `drop index ${table.split('.')[0]}.${index}` : `alter table ${table} reset (${setting})`);
  }
  const planned = await copy.rows<{ name: string }>(
    `select p.oid::regprocedure::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('holds', 'orders') and p.proconfig is not null`,
  );
  for (const { name } of planned) await copy.rows(`alter function ${name} reset all`);
  assert.ok(planned.length > 0);
  const holder = aSeatHolder(copy);
  const { screeningId } = await aScreening(copy);
  const order = await aHeldOrder(holder, screeningId, [1, 2]);
  await holder.close();
  assert.equal(order.lines.length, 2);
});

test('the hot SQL uses nothing that only one node has', () => {
  for (const text of [
    'select pg_try_advisory_xact_lock(1)',
    'create temp table x ()',
    'listen seat_changes',
    `execute format('select %I', 'a')`,
    `select nextval('a')`,
    'lock table holds.tickets',
    'set transaction isolation level serializable',
    `create or replace function holds.hold_seats() as $$ select pg_notify('a', 'b') $$`,
  ]) {
    assert.equal(rules.oneNodeMeans(text).length, 1, text);
  }
  assert.deepEqual(
    rules.oneNodeMeans(`create function holds.publish_x() as $$ select pg_notify('a', 'b') $$ -- execute`),
    [],
  );
  assert.deepEqual(inHotSql(rules.oneNodeMeans), []);
});

/** Each with what it would take: docs/reference/beyond-one-database.md. */
const ASKS_ALL_SHARDS = [
  // A code typed by hand at the wrong screening: the usher is told which one it is for.
  'capabilities/admission/admit-ticket.fn.sql: from tickets.issued where: no screening_id',
];

test('every statement says which screening it is about', () => {
  for (const text of [
    'select 1 from holds.tickets t where t.seat_no = 1',
    'select 1 from holds.tickets where order_id = 1',
    'update orders.orders o set state = 1 where o.order_id = 2',
    'select 1 from holds.tickets t join orders.orders o on o.order_id = t.order_id where t.screening_id = 1',
    'insert into holds.quotas (promised, screening_id) values (1, 2)',
    'select 1 from idempotency.answers a where a.key = 1',
  ]) {
    assert.equal(rules.statementsWithoutShard(text, SHARDED).length, 1, text);
  }
  const found = inHotSql((text) => rules.statementsWithoutShard(text, SHARDED));
  assert.deepEqual(found, ASKS_ALL_SHARDS);
});

/** The outbox belongs to its database, not to a screening: one of its rows tells a whole batch. */
const WRITTEN_BESIDE_SHARDS = ['capabilities/holds/hold-seats.fn.sql: outbox.messages'];

test('the hot SQL changes only what lies with the screening', () => {
  assert.deepEqual(rules.writesElsewhere('update catalog.movies set title = 1', SHARDED), ['catalog.movies']);
  assert.deepEqual(
    inHotSql((text) => rules.writesElsewhere(text, SHARDED)),
    WRITTEN_BESIDE_SHARDS,
  );
});

const DOCUMENTED_CHANGES = `
  alter table screenings.screenings drop constraint screenings_auditorium_id_starts_at_key;
  create index on screenings.screenings (auditorium_id, starts_at);
  alter table outbox.messages add column shard integer not null default 0, drop constraint messages_pkey,
    add primary key (shard, message_id)`;

test('what keeps the programme and the outbox from being spread by an engine is known, and no more than this', async () => {
  const programme: rules.Sharded = { table: 'screenings.screenings', key: 'screening_id' };
  const outbox: rules.Sharded = { table: 'outbox.messages', key: 'shard' };
  assert.deepEqual(await rules.keysWithoutShard(db, [programme, outbox]), [
    'screenings.screenings: screenings_auditorium_id_starts_at_key does not begin with screening_id',
    'outbox.messages: shard is not an integer not null',
    'outbox.messages: messages_pkey does not begin with shard',
  ]);
  assert.deepEqual(await rules.hiddenWork(db, [programme, outbox]), [
    'screenings.screenings: screening_id comes from a sequence',
    // They tell readers of a change; where triggers are refused, the writers' functions have to tell (decision 0018).
    'screenings.screenings: trigger tell_delete',
    'screenings.screenings: trigger tell_insert',
    'screenings.screenings: trigger tell_update',
  ]);
  const copy = await testDatabase();
  await copy.rows(DOCUMENTED_CHANGES);
  assert.deepEqual(await rules.keysWithoutShard(copy, [programme, outbox]), []);
});
