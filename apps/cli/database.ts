import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createDatabase, type Database } from '#platform/postgres';
import { migrate } from '#platform/migrate';
import { readCliConfig } from './config.ts';

const ROOT = new URL('../..', import.meta.url).pathname;

/**
 * The database of DATABASE_URL or, when that is not set, the one that `npm start` is running (it leaves its address in
 * DATA_DIR/database.json). A text says what to do when there is none.
 */
export async function openDatabase(): Promise<Database | string> {
  const config = readCliConfig();
  const url = config.DATABASE_URL ?? (await runningDatabase(resolve(ROOT, config.DATA_DIR)));
  if (!url) return 'No database: run `npm start` in another window, or set DATABASE_URL.';
  // A chunk of an import may run longer than a page may wait.
  const db = createDatabase({ connectionString: url, connectionsMax: 4, statementTimeoutMs: 600_000 });
  try {
    await db.row('select 1 as one');
  } catch (error) {
    await db.close();
    const code = (error as NodeJS.ErrnoException).code ?? 'no answer';
    return `The database does not answer (${code}): run \`npm start\` in another window, or check DATABASE_URL.`;
  }
  await migrate(db, ROOT);
  return db;
}

async function runningDatabase(folder: string): Promise<string | null> {
  try {
    const told = JSON.parse(await readFile(join(folder, 'database.json'), 'utf8')) as { url?: unknown };
    return typeof told.url === 'string' ? told.url : null;
  } catch {
    return null;
  }
}
