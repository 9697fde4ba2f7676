import * as ceiling from './ceiling.ts';
import * as confirm from './confirm.ts';
import * as crash from './crash.ts';
import * as explain from './explain.ts';
import * as growth from './growth.ts';
import * as imports from './import.ts';
import * as overload from './overload.ts';
import * as peak from './peak.ts';
import * as search from './search.ts';
import * as viewers from './viewers.ts';

// npm run bench lists what can be measured; npm run bench -- peak [--seconds 10] runs one. Each prints its settings and
// a table, and as its last line one JSON object.

type Benchmark = { summary: string; run(args: string[]): Promise<unknown> };

const benchmarks: Record<string, Benchmark> = {
  peak,
  ceiling,
  explain,
  viewers,
  overload,
  growth,
  crash,
  confirm,
  import: imports,
  search,
};

// PostgreSQL and the API are told to end when this process exits, which a signal alone does not make it do.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

const [name, ...args] = process.argv.slice(2);
const chosen = name === undefined ? undefined : benchmarks[name];
if (chosen) {
  await chosen.run(args);
} else {
  for (const [known, { summary }] of Object.entries(benchmarks)) {
    process.stdout.write(`npm run bench -- ${known.padEnd(8)} ${summary}\n`);
  }
  if (name !== undefined) {
    process.stderr.write(`There is no benchmark '${name}'.\n`);
    process.exitCode = 1;
  }
}
