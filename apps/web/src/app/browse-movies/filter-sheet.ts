import { Component, computed, inject, input, linkedSignal, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { TheaterCard } from '#contracts/catalog';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';
import { Button, Chip, Dialog, Field, Input } from '../ui/index.ts';
import { ACCESS, FORMATS, LANGUAGES } from './asked.ts';

export type Filters = { language: string; format: string; access: string[]; theater: string };

export function filterCount(filters: Filters): number {
  return (filters.language ? 1 : 0) + (filters.format ? 1 : 0) + (filters.theater ? 1 : 0) + filters.access.length;
}

const NO_FILTERS: Filters = { language: '', format: '', access: [], theater: '' };

@Component({
  selector: 'pt-filter-sheet',
  imports: [Button, Chip, Dialog, Field, Input, TranslocoDirective],
  template: `
    <ng-container *transloco="let t">
      <pt-dialog [open]="open()" [title]="t('filters.title')" shape="sheet" (closed)="closed.emit()">
        <div class="stack">
          <pt-field [label]="t('filters.theater')" [hint]="city() ? '' : t('filters.theaterNeedsCity')">
            <select ptInput #theater [disabled]="!city()" (change)="change({ theater: theater.value })">
              <option value="" [selected]="wanted().theater === ''">{{ t('filters.anyTheater') }}</option>
              @for (option of choices(); track option.id) {
                <option [value]="option.id" [selected]="option.id === wanted().theater">{{ option.name }}</option>
              }
            </select>
          </pt-field>
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
          <button ptButton="quiet" type="button" (click)="applied.emit(none)">
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
  /** '' is everywhere: there are too many theaters to choose one of. */
  readonly city = input.required<string>();
  readonly applied = output<Filters>();
  readonly closed = output();
  private readonly api = inject(Api);
  protected readonly none = NO_FILTERS;
  protected readonly languages = LANGUAGES;
  protected readonly formats = FORMATS;
  protected readonly access = ACCESS;
  protected readonly wanted = linkedSignal(() => this.filters());
  private readonly theaters = remote(
    () => (this.open() && this.city() ? this.city() : undefined),
    (city, signal) => this.api.get<TheaterCard[]>('/api/theaters', { city }, signal),
  );
  protected readonly choices = computed(() =>
    (this.theaters.value() ?? []).map(({ theaterId, name, district }) => ({
      id: String(theaterId),
      name: district ? `${name} · ${district}` : name,
    })),
  );

  protected change(part: Partial<Filters>): void {
    this.wanted.update((filters) => ({ ...filters, ...part }));
  }

  protected toggleAccess(value: string): void {
    const access = this.wanted().access;
    this.change({ access: access.includes(value) ? access.filter((other) => other !== value) : [...access, value] });
  }
}
