export type MailData = { [name: string]: string | boolean | MailData[] };

/**
 * Fills a compiled template: {{name}}, {{#if name}} … {{/if}}, {{#each name}} … {{/each}}, one level of each. A name
 * that the data lacks is a bug and throws: a mail with a hole in it must not leave.
 */
export function fill(template: string, data: MailData, escape: (text: string) => string): string {
  const looped = template.replace(EACH, (_all, name: string, inner: string) => {
    const items = data[name];
    if (!Array.isArray(items)) throw new Error(`bug: the mail needs a list "${name}"`);
    return items.map((item) => fill(inner, { ...data, ...item, [name]: false }, escape)).join('');
  });
  const chosen = looped.replace(IF, (_all, name: string, inner: string) => {
    const value = data[name];
    if (value === undefined) throw new Error(`bug: the mail needs to know "${name}"`);
    return value && value !== '' ? inner : '';
  });
  return chosen.replace(NAME, (_all, name: string) => {
    const value = data[name];
    if (typeof value !== 'string') throw new Error(`bug: the mail needs a text "${name}"`);
    // What a person called something is never read as a placeholder.
    return escape(value).replaceAll('{{', '{ {');
  });
}

const EACH = /\{\{#each (\w+)\}\}([\s\S]*?)\{\{\/each\}\}/g;
const IF = /\{\{#if (\w+)\}\}([\s\S]*?)\{\{\/if\}\}/g;
const NAME = /\{\{(\w+)\}\}/g;

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** For subjects and headers: one line, whatever a movie is called. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\t\p{Cc}]+/gu, ' ').trim();
}
