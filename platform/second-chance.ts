/**
 * Makes room in a map of bounded size, in the order of insertion: what was used since it was last looked at gets a
 * second chance at the end, what was not goes, and what is `needed` stays whatever is over. At most twice around. A use
 * only sets a mark: inserting anew at every use would write new tables of the Map all the time, and those outlive the
 * young generation.
 */
export function makeRoom<K, E extends { used: boolean }>(
  entries: Map<K, E>,
  options: { over(): boolean; needed?(entry: E): boolean; drop(key: K, entry: E): void },
): void {
  let left = 2 * entries.size;
  for (const [key, entry] of entries) {
    if (!options.over() || (left -= 1) < 0) return;
    if (!entry.used && !options.needed?.(entry)) options.drop(key, entry);
    else {
      entry.used = false;
      entries.delete(key);
      entries.set(key, entry);
    }
  }
}
