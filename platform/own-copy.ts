/**
 * The same text, on its own. A piece of a longer text (slice, split) keeps all of it in memory: the name of an order that
 * is remembered for minutes kept the whole request it came in.
 */
export function ownText(text: string): string {
  // Not UTF-8: it would make all halves of a pair, alone, the same letter, and so two keys one.
  const encoding = /^[\0-\xff]*$/.test(text) ? 'latin1' : 'utf16le';
  return Buffer.from(text, encoding).toString(encoding);
}
