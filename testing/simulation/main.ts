import { parseArgs } from 'node:util';
import type { Command, Commit, Reply } from './commands.ts';
import { GUARDS, type Guard } from './guards.ts';
import { simulate } from './simulate.ts';

// node testing/simulation/main.ts --seed 1234 [--without 'seat owner']   tells one story, commit by commit
// node testing/simulation/main.ts --from 1 --to 100000                   looks for a seed that goes wrong

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    from: { type: 'string', default: '1' },
    to: { type: 'string', default: '3000' },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const print = (text: string) => void process.stdout.write(`${text}\n`);
const without = new Set(values.without.map(guardNamed));

function guardNamed(name: string): Guard {
  if (name in GUARDS) return name as Guard;
  print(`No guard '${name}'. There are: ${Object.keys(GUARDS).join(', ')}.`);
  process.exit(2);
}

function tell(seed: number): boolean {
  const story = simulate(seed, without);
  for (const commit of story.commits) print(lineOf(commit));
  const faults = [...story.counts].map(([what, times]) => `${what} ${times}`).sort();
  print(`\n${faults.join(', ')}\n\nseed ${seed}: ${story.wrong ?? 'every receipt is true, no rule is broken'}`);
  return story.wrong === null;
}

function search(from: number, to: number): boolean {
  let commits = 0;
  for (let seed = from; seed <= to; seed += 1) {
    const story = simulate(seed, without);
    commits += story.commits.length;
    if (story.wrong !== null) {
      print(`seed ${seed}: ${story.wrong}`);
      return false;
    }
  }
  print(`${to - from + 1} stories, ${commits} commits: every receipt is true, no rule is broken`);
  return true;
}

function lineOf({ now, command, reply }: Commit): string {
  const at = `${(now / 1_000).toString().padStart(5)} s  ${command.kind.padEnd(8)}`;
  if (command.kind !== 'hold') {
    return `${at}${JSON.stringify(withoutKind(command))} -> ${JSON.stringify(withoutKind(reply))}`;
  }
  const answers = reply.kind === 'hold' ? reply.replies : [];
  return command.requests
    .map((wish, index) => {
      const answer = answers[index]!;
      const told = 'body' in answer ? `${answer.kind} ${answer.body}` : answer.kind;
      return `${at}${wish.buyerId} (${wish.buyerKey}) key ${wish.key}: ${wish.fingerprint} -> ${told}`;
    })
    .join('\n');
}

const withoutKind = (told: Command | Reply) => ({ ...told, kind: undefined });

const isWell = values.seed === undefined ? search(Number(values.from), Number(values.to)) : tell(Number(values.seed));
process.exitCode = isWell ? 0 : 1;
