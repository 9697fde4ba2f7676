import { createRun, readRun, workOnRun } from '#capabilities/imports';
import { createDatabase } from '#platform/postgres';

// The importing process of the import benchmark: one file, timed from the first byte to the last commit.

const [url, path] = process.argv.slice(2) as [string, string];
const db = createDatabase({ connectionString: url, connectionsMax: 4, statementTimeoutMs: 600_000 });
const started = performance.now();
const run = await createRun(db, { kind: 'tickets', path, fileName: 'tickets.csv' });
await workOnRun(db, run);
const importSeconds = (performance.now() - started) / 1000;
const ended = (await readRun(db, run))!;
await db.close();
if (ended.status !== 'done') throw new Error(`the import ended as ${ended.status}`);
console.log(JSON.stringify({ importSeconds, rssMb: process.resourceUsage().maxRSS / 1024 }));
