import type { Json } from '../sandbox-state.ts';

/** `a[b]=1&c[0]=x` as Stripe reads it. Everything is text; lists are recognised by their numbers. */
export function decodeForm(text: string): Json {
  const root: Json = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = [...name.matchAll(/^([^[]+)|\[([^\]]*)\]/g)].map((part) => part[1] ?? part[2] ?? '');
    if (path.some((key) => key === '__proto__' || key === 'constructor')) continue;
    let at: Json = root;
    path.forEach((key, depth) => {
      const name = key === '' ? String(Object.keys(at).length) : key;
      if (depth === path.length - 1) at[name] = value;
      else at = (at[name] ??= {}) as Json;
    });
  }
  return listsIn(root) as Json;
}

function listsIn(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, listsIn(inner)]);
  if (entries.length > 0 && entries.every(([key], index) => key === String(index))) return entries.map(([, v]) => v);
  return Object.fromEntries(entries);
}
