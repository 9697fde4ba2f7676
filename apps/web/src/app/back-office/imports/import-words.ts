import { inject, Injectable } from '@angular/core';
import type { ImportError, ImportStatus } from '#contracts/imports';
import { ApiProblem } from '../../api/api-problem.ts';
import { Language } from '../../language/language.ts';
import { detailOf } from './run-steps.ts';

const BADGE_OF: Record<ImportStatus, string> = {
  received: 'badge-info',
  planning: 'badge-info',
  planned: 'badge-warning',
  applying: 'badge-info',
  done: 'badge-success',
  done_with_errors: 'badge-warning',
  refused: 'badge-danger',
  cancelled: '',
  undone: '',
};

/** Sentences of the import pages, by code. A code without one yet falls back to the server's own message. */
@Injectable({ providedIn: 'root' })
export class ImportWords {
  private readonly language = inject(Language);

  steps(): string[] {
    return ['file', 'understood', 'plan', 'result'].map((step) =>
      this.language.say(`backOffice.imports.steps.${step}`),
    );
  }

  badge(status: ImportStatus): string {
    return BADGE_OF[status];
  }

  rowError(error: ImportError): string {
    const detail = detailOf(error);
    const detailed = detail === null ? null : this.known(`rowErrorsDetailed.${error.code}`, { ...error, detail });
    if (detailed) return detailed;
    return this.known(`rowErrors.${error.code}`, { value: error.value ?? '' }) ?? `${error.message} (${error.code})`;
  }

  refusal(refusal: { code: string; message: string }): string {
    return this.known(`refusals.${refusal.code}`) ?? `${refusal.message} (${refusal.code})`;
  }

  problem(error: unknown): string {
    const code = error instanceof ApiProblem ? error.code : '';
    return this.known(`refusals.${code}`) ?? this.language.problem(error);
  }

  /** What a separator or an encoding is called; unknown ones by their own name. */
  named(group: 'separators' | 'layouts' | 'fields' | 'entities', name: string): string {
    return this.known(`${group}.${name}`) ?? name;
  }

  private known(path: string, values: Record<string, unknown> = {}): string | null {
    const key = `backOffice.imports.${path}`;
    const words = this.language.say(key, values);
    return words === key ? null : words;
  }
}
