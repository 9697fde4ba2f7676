import assert from 'node:assert/strict';
import { test } from 'node:test';
import pino from 'pino';
import { createArchiver } from '#capabilities/holds';
import { ARCHIVE_DAYS, hotRows, letItEnd } from '#testing/archiving';
import { aScreening } from '#testing/builders';
import { testDatabase } from '#testing/database';
import { archiveLoop } from './archive.ts';

const db = await testDatabase();

test('a turn archives what is old, says so, and names once what a person must look at', async () => {
  const [old, wrong, coming] = [await aScreening(db), await aScreening(db), await aScreening(db)];
  for (const { screeningId } of [old, wrong]) await letItEnd(db, screeningId, ARCHIVE_DAYS + 1);
  await db.rows(
    `update holds.tickets set state = 'sold', order_id = gen_random_uuid() where screening_id = $1 and seat_no = 1`,
    [wrong.screeningId],
  );
  const lines: { level: number; archived?: number; screeningIds?: number[] }[] = [];
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
  const limits = { afterDays: ARCHIVE_DAYS, looksPerTurn: 500, movesPerTurn: 20 };
  const turn = archiveLoop(createArchiver({ db, limits }), log);
  assert.equal(await turn(), false, 'the next turn waits');
  await turn();
  assert.deepEqual(
    lines.map(({ level, archived, screeningIds }) => ({ level, archived, screeningIds })),
    [
      { level: 30, archived: 1, screeningIds: undefined },
      { level: 50, archived: undefined, screeningIds: [wrong.screeningId] },
    ],
  );
  assert.deepEqual(
    await Promise.all([old, wrong, coming].map(({ screeningId }) => hotRows(db, screeningId))),
    [0, 51, 51],
  );
});
