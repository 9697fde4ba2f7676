import { Injectable } from '@angular/core';
import type { Translation, TranslocoLoader } from '@jsverse/transloco';

/** One file an area and language; the buyer's is the root, the others are Transloco scopes of their routes. */
const WORDS: Record<string, () => Promise<{ default: Translation }>> = {
  'pt-BR': () => import('../../i18n/pt-BR/buyer.json'),
  en: () => import('../../i18n/en/buyer.json'),
  'back-office/pt-BR': () => import('../../i18n/pt-BR/back-office.json'),
  'back-office/en': () => import('../../i18n/en/back-office.json'),
  'door/pt-BR': () => import('../../i18n/pt-BR/door.json'),
  'door/en': () => import('../../i18n/en/door.json'),
};

@Injectable({ providedIn: 'root' })
export class WordLoader implements TranslocoLoader {
  async getTranslation(path: string): Promise<Translation> {
    const load = WORDS[path];
    if (!load) throw new Error(`No words for ${path}`);
    return (await load()).default;
  }
}
