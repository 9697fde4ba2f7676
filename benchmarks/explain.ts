import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createSeatHolder } from '#capabilities/holds';
import { startEmbeddedPostgres } from '#platform/embedded-postgres';
import { newId } from '#platform/ids';
import { migrate } from '#platform/migrate';
import { createDatabase } from '#platform/postgres';
import { durability, printSettings } from './durability.ts';
import { registerPremiere } from './premiere/world.ts';

export const summary = 'EXPLAIN (ANALYZE, BUFFERS, WAL) of every statement inside one flush of holds';

const ROOT = new URL('..', import.meta.url).pathname;
const FLUSHES = 4;

/** What the server writes down of each statement that holds.hold_seats runs. Its own cost is in the times. */
const EXPLAIN = {
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_wal': 'on',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_parameter_max_length': '0',
  // Without the place in the function, which is the whole statement again.
  log_error_verbosity: 'terse',
};

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { screenings: { type: 'string', default: '1000' }, orders: { type: 'string', default: '250' } },
  });
  const orders = Number(values.orders);
  const folder = await mkdtemp(join(tmpdir(), 'poltrona-explain-'));
  const said: string[] = [];
  const server = await startEmbeddedPostgres({
    folder: join(folder, 'data'),
    port: 0,
    password: 'bench',
    database: 'bench',
    settings: { shared_preload_libraries: 'auto_explain', shared_buffers: '512MB', log_line_prefix: '' },
    onLog: (text) => said.push(text),
  });
  const db = createDatabase({ connectionString: server.url, connectionsMax: 2, statementTimeoutMs: 300_000 });
  try {
    await migrate(db, ROOT);
    const world = await registerPremiere(db, Number(values.screenings));
    const settings = await durability(db);
    printSettings({ ...settings, ...values });
    const asking = Object.entries(EXPLAIN).map(([name, value]) => `-c ${name}=${value}`);
    const holder = createSeatHolder({
      connectionString: `${server.url}?options=${encodeURIComponent(asking.join(' '))}`,
      holdSeconds: 600,
    });
    const places = [...world.hot, ...world.others];
    let held = 0;
    // The first ones read prices and prepare statements; the last is looked at.
    for (let flush = 1; flush <= FLUSHES; flush += 1) {
      said.length = 0;
      const answers = await Promise.all(
        Array.from({ length: orders }, (_, n) => hold(holder, places[n % places.length]!, flush, n)),
      );
      held = answers.filter((answer) => 'hold' in answer && answer.hold.outcome === 'held').length;
      // What a flush writes down comes through a pipe of its own.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await holder.close();
    console.log(`\n${said.join('\n')}\n`);
    console.log(JSON.stringify({ benchmark: 'explain', orders, held, ...settings }));
  } finally {
    await db.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function hold(
  holder: ReturnType<typeof createSeatHolder>,
  place: { screeningId: number; seats: number },
  flush: number,
  n: number,
) {
  const buyerKey = Buffer.alloc(16);
  buyerKey.writeUInt32BE(flush * 100_000 + n, 0);
  const pair = 1 + ((flush + n) % (place.seats / 2));
  return holder.hold({
    screeningId: place.screeningId,
    seats: [
      { seatNo: pair * 2 - 1, kind: n % 10 < 3 ? 'half_student' : 'full' },
      { seatNo: pair * 2, kind: 'full' },
    ],
    buyerId: newId(),
    buyerKey,
    key: randomUUID(),
    fingerprint: createHash('sha256').digest(),
    correlationId: newId(),
  });
}
