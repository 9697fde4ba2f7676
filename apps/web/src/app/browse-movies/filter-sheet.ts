import { Component, input, linkedSignal, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Button, Chip, Dialog } from '../ui/index.ts';

export type Filters = { language: string; format: string; access: string[] };

export function filterCount(filters: Filters): number {
  return (filters.language ? 1 : 0) + (filters.format ? 1 : 0) + filters.access.length;
}

// The lists of contracts/catalog.ts, repeated because that file brings the schema library.
const LANGUAGES = ['dubbed', 'subtitled', 'original'];
const FORMATS = ['2D', '3D', 'IMAX', '4DX', 'XD'];
const ACCESS = ['libras', 'audio_description', 'captions', 'wheelchair'];

@Component({
  selector: 'pt-filter-sheet',
  imports: [Button, Chip, Dialog, TranslocoDirective],
  template: `
    <ng-container *transloco="let t">
      <pt-dialog [open]="open()" [title]="t('filters.title')" shape="sheet" (closed)="closed.emit()">
        <div class="stack">
          <fieldset class="choice-group">
            <legend>{{ t('filters.language') }}</legend>
            @for (value of languages; track value) {
              <button ptChip [pressed]="wanted().language === value"
                (click)="change({ language: wanted().language === value ? '' : value })">
                {{ t('language.' + value) }}
              </button>
            }
          </fieldset>
          <fieldset class="choice-group">
            <legend>{{ t('filters.format') }}</legend>
            @for (value of formats; track value) {
              <button ptChip [pressed]="wanted().format === value"
                (click)="change({ format: wanted().format === value ? '' : value })">{{ value }}</button>
            }
          </fieldset>
          <fieldset class="choice-group">
            <legend>{{ t('filters.access') }}</legend>
            @for (value of access; track value) {
              <button ptChip [pressed]="wanted().access.includes(value)" (click)="toggleAccess(value)">
                {{ t('access.' + value) }}
              </button>
            }
          </fieldset>
        </div>
        <div class="dialog-actions">
          <button ptButton="quiet" type="button" (click)="applied.emit({ language: '', format: '', access: [] })">
            {{ t('filters.clear') }}
          </button>
          <button ptButton="primary" type="button" (click)="applied.emit(wanted())">{{ t('filters.apply') }}</button>
        </div>
      </pt-dialog>
    </ng-container>
  `,
})
export class FilterSheet {
  readonly open = input.required<boolean>();
  readonly filters = input.required<Filters>();
  readonly applied = output<Filters>();
  readonly closed = output();
  protected readonly languages = LANGUAGES;
  protected readonly formats = FORMATS;
  protected readonly access = ACCESS;
  protected readonly wanted = linkedSignal(() => this.filters());

  protected change(part: Partial<Filters>): void {
    this.wanted.update((filters) => ({ ...filters, ...part }));
  }

  protected toggleAccess(value: string): void {
    const access = this.wanted().access;
    this.change({ access: access.includes(value) ? access.filter((other) => other !== value) : [...access, value] });
  }
}
