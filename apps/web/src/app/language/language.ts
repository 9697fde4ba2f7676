import { inject, Injectable, signal } from '@angular/core';
import { TranslocoService } from '@jsverse/transloco';
import { firstValueFrom } from 'rxjs';
import { ApiProblem } from '../api/api-problem.ts';
import { remember, recall } from '../api/remembered.ts';

export const LANGUAGES = ['pt-BR', 'en'] as const;
export type LanguageCode = (typeof LANGUAGES)[number];

/** Which language is spoken now. Everything that formats or translates in code reads `code()`, so it follows. */
@Injectable({ providedIn: 'root' })
export class Language {
  private readonly words = inject(TranslocoService);
  private readonly active = signal<LanguageCode>('pt-BR');
  readonly code = this.active.asReadonly();

  async start(): Promise<void> {
    const known = recall('language');
    const wished = known ?? (navigator.language.toLowerCase().startsWith('pt') ? 'pt-BR' : 'en');
    await this.speak(wished === 'en' ? 'en' : 'pt-BR', false);
  }

  async speak(code: LanguageCode, keep = true): Promise<void> {
    await firstValueFrom(this.words.load(code));
    this.words.setActiveLang(code);
    this.active.set(code);
    document.documentElement.lang = code;
    if (keep) remember('language', code);
  }

  say(key: string, values: Record<string, unknown> = {}): string {
    this.active();
    return this.words.translate(key, values);
  }

  /** `key.one` or `key.other`, by the language's own plural rule; `count` is among the values. */
  count(key: string, count: number, values: Record<string, unknown> = {}): string {
    const form = new Intl.PluralRules(this.active()).select(count) === 'one' ? 'one' : 'other';
    return this.say(`${key}.${form}`, { ...values, count: new Intl.NumberFormat(this.active()).format(count) });
  }

  /** A sentence for what the API refused; unknown codes get a general one that quotes the code. */
  problem(error: unknown): string {
    const code = error instanceof ApiProblem ? error.code : 'internal_error';
    const key = `problems.${code}`;
    const sentence = this.say(key);
    return sentence === key ? this.say('problems.unknown', { code }) : sentence;
  }
}
