import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';

const APP = join(import.meta.dirname, '..');

type Words = { [key: string]: string | Words };

function keysOf(words: Words, path = ''): string[] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [path + key] : keysOf(value, `${path}${key}.`),
  );
}

function wordsOf(language: string, area: string): Words {
  return JSON.parse(readFileSync(join(APP, `../i18n/${language}/${area}.json`), 'utf8')) as Words;
}

function sources(folder: string): { name: string; text: string }[] {
  return readdirSync(join(APP, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?<!\.test)\.(ts|html)$/.test(name))
    .map((name) => ({ name, text: readFileSync(join(APP, folder, name), 'utf8') }));
}

/** Keys written out in a file: `t('x')` under the file's prefix, and `say('area.x')` anywhere. */
export function askedKeys(text: string, area: string): string[] {
  const prefix = new RegExp(`prefix: '${area}\\.?([a-zA-Z.]*)'`).exec(text)?.[1];
  const inTemplate = prefix === undefined ? [] : [...text.matchAll(/\bt\(\s*'([^'+]+)'\s*[,)]/g)].map((hit) => hit[1]!);
  const inCode = [...text.matchAll(new RegExp(`say\\(\\s*'${area}\\.([a-zA-Z_.]+)'\\s*[,)]`, 'g'))].map(
    (hit) => hit[1]!,
  );
  return [...inTemplate.map((key) => (prefix ? `${prefix}.${key}` : key)), ...inCode];
}

for (const [area, file, folders] of [
  ['backOffice', 'back-office', ['back-office', 'ui/charts']],
  ['door', 'door', ['door']],
] as const) {
  test(`${file}: both languages say the same things`, () => {
    assert.deepEqual(keysOf(wordsOf('en', file)).sort(), keysOf(wordsOf('pt-BR', file)).sort());
  });

  test(`${file}: every sentence that a page asks for exists, with the same blanks to fill`, () => {
    const known = new Set(keysOf(wordsOf('pt-BR', file)));
    for (const source of folders.flatMap(sources)) {
      for (const key of askedKeys(source.text, area)) assert.ok(known.has(key), `${source.name} asks for ${key}`);
    }
    const blanks = (words: Words, path: string) => {
      const found = path.split('.').reduce<Words | string>((at, key) => (at as Words)[key]!, words) as string;
      return [...found.matchAll(/\{\{(\w+)\}\}/g)].map((hit) => hit[1]).sort();
    };
    for (const key of known) {
      assert.deepEqual(blanks(wordsOf('en', file), key), blanks(wordsOf('pt-BR', file), key), key);
    }
  });
}

test('a missing sentence would be noticed', () => {
  const page = `*transloco="let t; prefix: 'door.gate'" {{ t('nowhere') }} {{ language.say('door.alsoNowhere') }}`;
  assert.deepEqual(askedKeys(page, 'door'), ['gate.nowhere', 'alsoNowhere']);
});
