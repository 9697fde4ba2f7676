import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testDatabase } from '#testing/database';
import { listErrors } from './index.ts';
import { importText, loadWorld } from './testing.ts';

const db = await testDatabase();
await loadWorld(db);

const FILE = `sala;filme;data;hora;preco
P1-1;limite;24/12/2020;9:05;R$ 32,50
P1-1;limite;24/12/2040;9:05;0
P1-1;limite;25/12/2040;9:05;R$ 32,50
`;

test('a screening for nothing or in the past is loaded with a warning, counted once, and is no error', async () => {
  for (const options of [{ dryRun: true }, { stopOnError: true }, {}]) {
    const run = await importText(db, 'screenings', FILE, options);
    const again = run.unchanged === 3;
    assert.deepEqual([run.errors, run.warnings], [0, again ? 1 : 2], JSON.stringify(options));
    const { errors } = await listErrors(db, run.run, 1);
    assert.deepEqual(
      errors.map((each) => `${each.row} ${each.code} ${each.severity}`),
      again ? ['3 price_zero warning'] : ['2 starts_in_the_past warning', '3 price_zero warning'],
    );
  }
  const loaded = await db.rows(`select 1 from screenings.screenings`);
  assert.equal(loaded.length, 3);
});
