import { parseArgs } from 'node:util';
import { createSeatHolder } from '#capabilities/holds';
import { openBenchDatabase } from './bench-database.ts';
import { durability, printSettings } from './durability.ts';
import { pairWish } from './premiere/pair-wish.ts';
import { registerPremiere } from './premiere/world.ts';

export const summary = 'EXPLAIN (ANALYZE, BUFFERS, WAL) of every statement inside one flush of holds';

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
  const said: string[] = [];
  const { db, server, close } = await openBenchDatabase({
    settings: { shared_preload_libraries: 'auto_explain', shared_buffers: '512MB', log_line_prefix: '' },
    onLog: (text) => said.push(text),
  });
  try {
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
      const wishes = Array.from({ length: orders }, (_, n) => {
        const { screeningId, seats } = places[n % places.length]!;
        return pairWish(screeningId, 1 + ((flush + n) % (seats / 2)), { group: flush, number: n });
      });
      const answers = await Promise.all(wishes.map((wish) => holder.hold(wish)));
      held = answers.filter((answer) => 'hold' in answer && answer.hold.outcome === 'held').length;
      // What a flush writes down comes through a pipe of its own.
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await holder.close();
    console.log(`\n${said.join('\n')}\n`);
    console.log(JSON.stringify({ benchmark: 'explain', orders, held, ...settings }));
  } finally {
    await close();
  }
}
