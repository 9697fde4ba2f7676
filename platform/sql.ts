/** Marks SQL text. A `${}` inside does not compile, so values can only travel as parameters. */
export function sql(text: TemplateStringsArray): string {
  return text[0]!;
}

/**
 * A statement that is asked so often, and by key, that planning it anew costs several times what running it does: every
 * connection plans it once. Not for statements whose best plan depends on the values.
 */
export type Prepared = { readonly name: string; readonly text: string };

export function prepared(name: string, text: string): Prepared {
  return { name, text };
}
