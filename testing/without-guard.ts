import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { ROOT } from './database.ts';

/** File below the folder → what to find in its text → what stands there instead. */
export type SourceEdits = Record<string, readonly (readonly [find: string, put: string])[]>;

let serial = 0;

/**
 * Loads a folder's module a second time, with `edits` made to the text of its files: the same code without its guard,
 * as applyEdited does for SQL. Every edit must find its place exactly once, or the control controls nothing.
 */
export async function withEdits<Module>(folder: string, file: string, edits: SourceEdits): Promise<Module> {
  const base = pathToFileURL(join(ROOT, folder, '/')).href;
  const mark = `?edited=${(serial += 1)}`;
  const left = new Set(Object.keys(edits));
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const isOurs = context.parentURL?.endsWith(mark) || specifier.endsWith(mark);
      if (!isOurs || !resolved.url.startsWith(base) || resolved.url.endsWith(mark)) return resolved;
      return { ...resolved, url: resolved.url + mark };
    },
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(mark)) return loaded;
      const path = url.slice(base.length, -mark.length);
      let source =
        typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source as Buffer);
      for (const [find, put] of edits[path] ?? []) {
        const parts = source.split(find);
        if (parts.length !== 2) throw new Error(`${path} has ${parts.length - 1} times: ${find}`);
        source = parts.join(put);
      }
      left.delete(path);
      return { ...loaded, source };
    },
  });
  try {
    const module = (await import(`${base}${file}${mark}`)) as Module;
    if (left.size > 0) throw new Error(`never loaded: ${[...left].join(', ')}`);
    return module;
  } finally {
    hooks.deregister();
  }
}
