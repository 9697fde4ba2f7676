// Word similarity as pg_trgm defines it (and search.test.ts compares with it): the best likeness between the trigrams
// of what was typed and those of any run of words in the title. Here and not in PostgreSQL, because a question typed
// by thousands of people with a thousand different errors would otherwise cost it 5 ms each.

/** 'bom dia' → '  b', ' bo', 'bom', 'om ', '  d', ' di', 'dia', 'ia ': in their order, with repeats. */
export function trigramsOf(folded: string): string[] {
  const grams: string[] = [];
  for (const [word] of folded.matchAll(/[\p{L}\p{N}]+/gu)) {
    const letters = [' ', ' ', ...Array.from(word), ' '];
    for (let at = 0; at + 2 < letters.length; at += 1) grams.push(letters[at]! + letters[at + 1]! + letters[at + 2]!);
  }
  return grams;
}

/**
 * From 0 to 1. `typed` are the trigrams of the question, `title` those of the title in their order. The right end of
 * the run moves on from match to match; its left end is drawn in whenever that makes the run more alike.
 */
export function wordSimilarity(typed: ReadonlySet<string>, title: readonly string[]): number {
  const last = new Map<string, number>();
  let [best, lower, inRun, shared] = [0, -1, 0, 0];
  const likeness = (common: number, run: number) => common / (typed.size + run - common);
  for (let at = 0; at < title.length; at += 1) {
    const gram = title[at]!;
    const known = typed.has(gram);
    if (lower >= 0 || known) {
      if (!last.has(gram)) {
        inRun += 1;
        if (known) shared += 1;
      }
      last.set(gram, at);
    }
    if (!known) continue;
    if (lower === -1) {
      lower = at;
      inRun = 1;
    }
    let now = likeness(shared, inRun);
    let [common, run] = [shared, inRun];
    const before = lower;
    for (let left = before; left <= at; left += 1) {
      const tried = likeness(common, run);
      if (tried > now) [now, inRun, lower, shared] = [tried, run, left, common];
      if (last.get(title[left]!) === left) {
        run -= 1;
        if (typed.has(title[left]!)) common -= 1;
      }
    }
    best = Math.max(best, now);
    for (let left = before; left < lower; left += 1) if (last.get(title[left]!) === left) last.delete(title[left]!);
  }
  return best;
}
