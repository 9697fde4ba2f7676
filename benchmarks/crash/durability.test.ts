import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { migrate } from '#platform/migrate';
import { createDatabase } from '#platform/postgres';
import { audit, type Receipt } from '#testing/auditor';
import { aScreening } from '#testing/builders';
import { ROOT } from '#testing/database';
import { aHeldOrder, aSeatHolder } from '#testing/holding';
import { startKillableServer } from './server.ts';

// kill -9 of PostgreSQL right after a buyer was told. The log writer sleeps for ten seconds, so that what nobody forced
// to the disk before the answer is not there after the recovery.

const folder = await mkdtemp(join(tmpdir(), 'poltrona-durability-'));
const server = await startKillableServer(join(folder, 'data'), { wal_writer_delay: '10s' });
const db = createDatabase({ connectionString: server.url, connectionsMax: 2 });
after(async () => {
  await db.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});
await migrate(db, ROOT);

/** Twenty holds, each answered, then the kill; what the auditor says when the server is back. */
async function holdAndKill(session: string) {
  const { screeningId } = await aScreening(db, { rows: 2, perRow: 10 });
  const url = new URL(server.url);
  if (session) url.searchParams.set('options', session);
  const holder = aSeatHolder({ ...db, connectionString: url.href });
  const receipts: Receipt[] = [];
  for (let seatNo = 1; seatNo <= 20; seatNo += 1) {
    const { orderId } = await aHeldOrder(holder, screeningId, [seatNo]);
    receipts.push({ screeningId, buyer: `buyer ${seatNo}`, orderId, seatNos: [seatNo], told: 'held' });
  }
  await server.killPostmaster();
  await holder.close();
  return audit(db, { screeningIds: [screeningId], receipts });
}

test('every hold that was answered is there after kill -9 of PostgreSQL', async () => {
  assert.deepEqual(await holdAndKill(''), []);
});

test('control: answered before its commit is on the disk, a hold is lost, and the auditor sees it', async () => {
  const found = await holdAndKill('-c synchronous_commit=off');
  assert.ok(
    found.some(({ kind, text }) => kind === 'lost' && text.endsWith('and there is none')),
    JSON.stringify(found),
  );
});
