import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import type { Database } from './postgres.ts';

/**
 * Brings a database to this release: tables by forward-only migrations, then functions and views from their source
 * files, re-applied when their text changed. Safe to run from several processes at once (advisory lock).
 */
export async function migrate(db: Database, root: string): Promise<{ migrations: number; sources: number }> {
  const applied = await runner({
    databaseUrl: db.connectionString,
    dir: join(root, 'database/migrations'),
    direction: 'up',
    migrationsTable: 'migrations',
    checkOrder: true,
    advisoryLockMode: 'wait',
    logger: { debug() {}, info() {}, warn() {}, error: (text: string) => console.error(text) },
  } as Parameters<typeof runner>[0]);
  return { migrations: applied.length, sources: await applySources(db, root) };
}

const APPLY_LOCK = 7_001_001;

async function applySources(db: Database, root: string): Promise<number> {
  const files = await sourceFiles(root);
  return db.transaction(async (tx) => {
    await tx.rows('select pg_advisory_xact_lock($1)', [APPLY_LOCK]);
    await tx.rows('create table if not exists public.sql_sources (path text primary key, hash text not null)');
    await tx.rows('set local check_function_bodies = off');
    const known = new Map(
      (await tx.rows<{ path: string; hash: string }>('select path, hash from public.sql_sources')).map((row) => [
        row.path,
        row.hash,
      ]),
    );
    let count = 0;
    for (const file of files) {
      if (known.get(file.path) === file.hash) continue;
      await tx.client.query(file.text);
      await tx.rows(
        'insert into public.sql_sources values ($1, $2) on conflict (path) do update set hash = excluded.hash',
        [file.path, file.hash],
      );
      count += 1;
    }
    return count;
  });
}

/** How many migrations and source files of this release the database does not have yet. */
export async function pendingChanges(db: Database, root: string): Promise<number> {
  const names: string[] = [];
  for await (const path of glob('*.{sql,ts}', { cwd: join(root, 'database/migrations') })) names.push(path);
  const applied = new Set(
    (await db.rows<{ name: string }>('select name from public.migrations')).map((row) => row.name),
  );
  const known = new Map(
    (await db.rows<{ path: string; hash: string }>('select path, hash from public.sql_sources')).map((row) => [
      row.path,
      row.hash,
    ]),
  );
  const migrations = names.filter((name) => !applied.has(name.replace(/\.(sql|ts)$/, '')));
  const sources = (await sourceFiles(root)).filter((file) => known.get(file.path) !== file.hash);
  return migrations.length + sources.length;
}

export type SourceFile = { path: string; text: string; hash: string };

/** Every `*.fn.sql` and `*.view.sql` beside the code that calls it, sorted by path; views after functions. */
export async function sourceFiles(root: string): Promise<SourceFile[]> {
  const paths: string[] = [];
  for await (const path of glob('{capabilities,platform}/**/*.{fn,view}.sql', { cwd: root })) paths.push(path);
  paths.sort((a, b) => Number(a.endsWith('.view.sql')) - Number(b.endsWith('.view.sql')) || (a < b ? -1 : 1));
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(root, path), 'utf8');
      return { path, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}
