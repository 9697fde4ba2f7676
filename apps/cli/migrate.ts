import { openDatabase } from './database.ts';

// node apps/cli/migrate.ts: brings the database of DATABASE_URL to this release. Several at once wait for each other.

const db = await openDatabase();
if (typeof db === 'string') {
  process.stderr.write(`${db}\n`);
  process.exitCode = 1;
} else {
  await db.close();
  process.stdout.write('The database is of this release.\n');
}
