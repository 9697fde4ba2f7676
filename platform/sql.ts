/** Marks SQL text. A `${}` inside does not compile, so values can only travel as parameters. */
export function sql(text: TemplateStringsArray): string {
  return text[0]!;
}
