import { inject } from '@angular/core';
import type { ResolveFn } from '@angular/router';
import { TranslocoService } from '@jsverse/transloco';
import { firstValueFrom, forkJoin } from 'rxjs';
import { LANGUAGES } from './language.ts';

/**
 * Loads the words of an area before its first page is drawn, in every language: titles of pages and sentences made in
 * code are then right at once, also after the language was changed. Staff areas only: buyers load one language.
 */
export function areaWords(scope: 'back-office' | 'door'): ResolveFn<boolean> {
  return async () => {
    const words = inject(TranslocoService);
    await firstValueFrom(forkJoin(LANGUAGES.map((code) => words.load(`${scope}/${code}`))));
    return true;
  };
}
