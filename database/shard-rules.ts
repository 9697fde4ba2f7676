import type { Database } from '#platform/postgres';

// What the tables and the SQL of selling must keep to, so that they could be spread over several databases: by an
// application that knows which database has a screening, by Citus, by Aurora PostgreSQL Limitless. The reasons stand in
// docs/reference/beyond-one-database.md. Each rule answers what breaks it, in words; an empty list when nothing does.

export type Sharded = { table: string; key: string };

const byScreening = (table: string): Sharded => ({ table, key: 'screening_id' });

/** Written by every hold. */
export const HOT: readonly Sharded[] = [
  byScreening('holds.tickets'),
  byScreening('holds.quotas'),
  byScreening('holds.refusals'),
  byScreening('orders.orders'),
  // The screening for whatever changes seats, 0 for the rest.
  { table: 'idempotency.answers', key: 'shard' },
];

/** Live beside them, on the same shard, so that paying, issuing and admitting stay in one database. */
export const BESIDE: readonly Sharded[] = [
  byScreening('holds.archived_screenings'),
  byScreening('payments.attempts'),
  byScreening('payments.refunds'),
  byScreening('tickets.issued'),
  byScreening('admission.admissions'),
];

/** The SQL that runs while people buy and enter. Imports and the back office are not in it: they may be slow. */
export const HOT_SQL: readonly string[] = [
  'capabilities/holds/*.fn.sql',
  'capabilities/holds/read-seats.ts',
  'capabilities/orders/*.fn.sql',
  'capabilities/tickets/*.fn.sql',
  'capabilities/admission/*.fn.sql',
];

/**
 * What makes one PostgreSQL faster or its back office possible, and can be dropped without changing any answer of the hot
 * SQL: settings of storage, and indexes that do not begin with the screening. Nothing else of the kind may appear.
 */
export const TUNING: readonly string[] = [
  'holds.tickets: fillfactor=50',
  'holds.tickets: autovacuum_vacuum_cost_delay=10',
  'holds.quotas: fillfactor=50',
  'holds.refusals: index refusals_created', // the worker forgets old ones
  'orders.orders: fillfactor=70',
  'orders.orders: autovacuum_vacuum_cost_delay=10',
  'orders.orders: index orders_buyer', // my orders
  'orders.orders: index orders_created', // the worker looks for ended holds
  'payments.attempts: index attempts_due', // the reconciler
  'payments.refunds: index refunds_due',
  'tickets.issued: index issued_holder', // my tickets
  'tickets.issued: index issued_code', // "this ticket is for another screening"
  'tickets.issued: index issued_at', // the board
  'tickets.issued: index issued_revoked_at',
  'admission.admissions: index admissions_scanned',
];

const names = (tables: readonly Sharded[]) => tables.map(({ table }) => table);

/** The shard key leads every primary and unique key, is an int4 (so that tables can be co-located) and is never null. */
export async function keysWithoutShard(db: Database, tables: readonly Sharded[]): Promise<string[]> {
  const keys = await db.rows<{ table: string; name: string; first: string | null }>(
    `select i.indrelid::regclass::text as table, c.relname as name, a.attname as first
       from pg_index i
       join pg_class c on c.oid = i.indexrelid
       left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and a.attnum > 0
      where i.indisunique and i.indrelid = any ($1::text[]::regclass[])`,
    [names(tables)],
  );
  const columns = await db.rows<{ table: string; name: string; type: string; nullable: boolean }>(
    `select attrelid::regclass::text as table, attname as name, atttypid::regtype::text as type,
            not attnotnull as nullable
       from pg_attribute where attnum > 0 and attrelid = any ($1::text[]::regclass[])`,
    [names(tables)],
  );
  return tables.flatMap(({ table, key }) => {
    const column = columns.find((each) => each.table === table && each.name === key);
    const mine = keys.filter((each) => each.table === table);
    return [
      ...(column?.type === 'integer' && !column.nullable ? [] : [`${table}: ${key} is not an integer not null`]),
      ...(mine.length > 0 ? [] : [`${table}: no key`]),
      ...mine.filter((each) => each.first !== key).map((each) => `${table}: ${each.name} does not begin with ${key}`),
    ];
  });
}

/** No foreign key from or to a hot table; beside them only from shard to the same shard. */
export async function foreignKeys(
  db: Database,
  hot: readonly Sharded[],
  beside: readonly Sharded[] = [],
): Promise<string[]> {
  const rows = await db.rows<{ name: string; from: string; to: string; column: string; target: string }>(
    `select f.conname as name, f.conrelid::regclass::text as from, f.confrelid::regclass::text as to,
            a.attname as column, b.attname as target
       from pg_constraint f
       join pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
       join pg_attribute b on b.attrelid = f.confrelid and b.attnum = f.confkey[1]
      where f.contype = 'f'
        and (f.conrelid = any ($1::text[]::regclass[]) or f.confrelid = any ($1::text[]::regclass[]))`,
    [names([...hot, ...beside])],
  );
  const keyOf = new Map(beside.map(({ table, key }) => [table, key]));
  return rows
    .filter((row) => keyOf.get(row.from) !== row.column || keyOf.get(row.to) !== row.target)
    .map((row) => `${row.from}: ${row.name} refers to ${row.to}`);
}

/** No trigger, rule, exclusion constraint, sequence, identity, partition or inheritance; every row is logged. */
export async function hiddenWork(db: Database, tables: readonly Sharded[]): Promise<string[]> {
  const rows = await db.rows<{ found: string }>(
    `with mine as (select unnest($1::text[]::regclass[]) as oid)
     select format('%s: trigger %s', t.tgrelid::regclass, t.tgname) as found
       from mine join pg_trigger t on t.tgrelid = mine.oid where not t.tgisinternal
     union all
     select format('%s: rule %s', r.ev_class::regclass, r.rulename) from mine join pg_rewrite r on r.ev_class = mine.oid
     union all
     select format('%s: exclusion %s', c.conrelid::regclass, c.conname)
       from mine join pg_constraint c on c.conrelid = mine.oid where c.contype = 'x'
     union all
     select format('%s: %s comes from a sequence', a.attrelid::regclass, a.attname)
       from mine join pg_attribute a on a.attrelid = mine.oid and a.attnum > 0
       left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      where a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like '%nextval(%'
     union all
     select format('%s: is partitioned or inherits', c.oid::regclass)
       from mine join pg_class c on c.oid = mine.oid
      where c.relkind <> 'r' or c.relispartition
         or exists (select from pg_inherits i where i.inhrelid = c.oid or i.inhparent = c.oid)
     union all
     select format('%s: is not logged', c.oid::regclass)
       from mine join pg_class c on c.oid = mine.oid where c.relpersistence <> 'p'
     order by 1`,
    [names(tables)],
  );
  return rows.map(({ found }) => found);
}

/** Settings of storage, and indexes that do not begin with the shard key, in the words of TUNING. */
export async function tuning(db: Database, tables: readonly Sharded[]): Promise<string[]> {
  const rows = await db.rows<{ found: string }>(
    `select format('%s: %s', c.oid::regclass, o.setting) as found
       from pg_class c cross join lateral unnest(c.reloptions) as o(setting)
      where c.oid = any ($1::text[]::regclass[])
     union all
     select format('%s: index %s', i.indrelid::regclass, c.relname)
       from unnest($1::text[], $2::text[]) as s(name, key)
       join pg_index i on i.indrelid = s.name::regclass and not i.indisunique
       join pg_class c on c.oid = i.indexrelid
       left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
      where a.attname is distinct from s.key`,
    [names(tables), tables.map(({ key }) => key)],
  );
  return rows.map(({ found }) => found);
}

const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/\bpg_(try_)?advisory/, 'an advisory lock, which another node does not see'],
  [/\bcreate\s+(global\s+|local\s+)?temp/, 'a temporary table'],
  [/\b(un)?listen\b/, 'LISTEN'],
  [/\bexecute\b(?! function| procedure)/, 'SQL made at run time'],
  [/\b(nextval|setval|currval|lastval)\b/, 'a sequence'],
  [/\b(declare|open)\s+\w+\s+(no\s+)?(scroll\s+)?cursor\b/, 'a cursor'],
  [/\block\s+table\b|\btruncate\b/, 'a lock of a whole table'],
  [/\bdblink|\bpostgres_fdw\b/, 'another database'],
  [/\bisolation\s+level\b/, 'an isolation level of its own'],
];

export const withoutComments = (text: string) => text.replaceAll(/--[^\n]*/g, '').toLowerCase();

/** Means that only one node has. NOTIFY is allowed in the functions called publish_…, which are there to be exchanged. */
export function oneNodeMeans(text: string): string[] {
  const plain = withoutComments(text);
  const found = FORBIDDEN.filter(([pattern]) => pattern.test(plain)).map(([, what]) => what);
  const notifies = plain.split(/\bcreate\s+(?:or\s+replace\s+)?function\s+/).some((part) => {
    const name = /^[\w.]+/.exec(part)?.[0] ?? '';
    return /\bpg_notify\b|\bnotify\s/.test(part) && !/\.publish_/.test(name);
  });
  return notifies ? [...found, 'NOTIFY outside of a publish_… function'] : found;
}

/** Statements that reach a sharded table without saying which shard, so that all of them would have to be asked. */
export function statementsWithoutShard(text: string, tables: readonly Sharded[]): string[] {
  return withoutComments(text)
    .split(';')
    .flatMap((statement) => tables.flatMap((sharded) => unaddressed(statement, sharded)));
}

const NO_ALIAS = /^(where|set|on|order|group|limit|for|left|join|cross|using|returning|as)$/;

function unaddressed(statement: string, { table, key }: Sharded): string[] {
  const name = table.replace('.', '\\.');
  const inserts = [...statement.matchAll(new RegExp(`insert\\s+into\\s+${name}\\b[^(]*\\(\\s*(\\w+)`, 'g'))]
    .filter((found) => found[1] !== key)
    .map(() => `insert into ${table} does not begin with ${key}`);
  const uses = [
    ...statement.matchAll(new RegExp(`\\b(?:from|join|update)\\s+${name}\\b(?:\\s+as)?(?:\\s+(\\w+))?`, 'g')),
  ];
  const lost = uses.filter((found) => {
    const alias = found[1] && !NO_ALIAS.test(found[1]) ? `${found[1]}\\.` : '(?<![.\\w])';
    return !new RegExp(`${alias}${key}\\s*=|=\\s*${alias}${key}\\b`).test(statement);
  });
  return [...inserts, ...lost.map((found) => `${found[0].replaceAll(/\s+/g, ' ')}: no ${key}`)];
}

/** Tables that a statement changes although they are not on the shard of the screening. */
export function writesElsewhere(text: string, tables: readonly Sharded[]): string[] {
  const known = new Set(names(tables));
  const written = [
    ...withoutComments(text).matchAll(/\b(?:insert\s+into|update|delete\s+from|merge\s+into)\s+([a-z_]+\.[a-z_]+)/g),
  ].map((found) => found[1]!);
  return [...new Set(written)].filter((table) => !known.has(table));
}
