import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

type Words = { [key: string]: string | Words | unknown[] };

for (const area of ['buyer', 'back-office', 'door']) {
  test(`${area}: both languages have the same sentences with the same gaps`, async () => {
    const [portuguese, english] = await Promise.all([sentences('pt-BR', area), sentences('en', area)]);
    assert.deepEqual([...english.keys()].sort(), [...portuguese.keys()].sort());
    for (const [key, text] of portuguese) assert.deepEqual(gaps(english.get(key)!), gaps(text), key);
  });
}

async function sentences(language: string, area: string): Promise<Map<string, string>> {
  const words = JSON.parse(await readFile(new URL(`./${language}/${area}.json`, import.meta.url), 'utf8')) as Words;
  const found = new Map<string, string>();
  collect(words, '', found);
  return found;
}

function collect(words: Words, path: string, found: Map<string, string>): void {
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === 'string') found.set(path + key, value);
    else if (Array.isArray(value)) found.set(path + key, `list of ${value.length}`);
    else collect(value, `${path}${key}.`, found);
  }
}

function gaps(text: string): string[] {
  return [...new Set([...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map((match) => match[1]!))].sort();
}
