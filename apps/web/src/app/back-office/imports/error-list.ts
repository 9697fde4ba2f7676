import { Component, computed, inject, input, signal } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { ImportError, ImportRun } from '#contracts/imports';
import { Api } from '../../api/api.ts';
import { remote } from '../../api/remote.ts';
import { Formats } from '../../language/formats.ts';
import { Button, Chip, Failure, Field, Icon, Input } from '../../ui/index.ts';
import { ImportWords } from './import-words.ts';
import { codesOf, filterErrors } from './run-steps.ts';

const PAGES_READ_MAX = 20; // 2,000 errors are more than a person reads; the file holds them all.
const SHOWN_AT_ONCE = 100;

/** Errors and warnings by row, column and code: filtered here, downloaded whole. */
@Component({
  selector: 'pt-error-list',
  imports: [Button, Chip, Failure, Field, Icon, Input, TranslocoDirective],
  template: `
    <section class="stack-tight" aria-labelledby="errors" *transloco="let t; prefix: 'backOffice.imports'">
      <div class="row-apart">
        <h2 class="h-small" id="errors">{{ t('errorsTitle') }}</h2>
        <a ptButton="secondary" size="small" [href]="path() + '/errors.csv'" download><pt-icon name="download"
          [size]="18" /> {{ t('downloadErrors') }}</a>
      </div>
      @if (list.value(); as found) {
        <div class="row filter-row">
          <pt-field [label]="t('filterText')" [quietLabel]="true">
            <input ptInput #text type="search" maxlength="100" [placeholder]="t('filterText')" [value]="typed()"
              (input)="narrow(text.value)" />
          </pt-field>
          <button ptChip [pressed]="code() === ''" (click)="pick('')">{{ t('allCodes') }}</button>
          @for (one of codes(); track one.code) {
            <button ptChip [pressed]="code() === one.code" (click)="pick(one.code)">{{ short(one.code) }} <span
              class="numbers soft">{{ formats.number(one.count) }}</span></button>
          }
        </div>
        @if (found.total > found.errors.length) {
          <p class="small soft">
            {{ t('firstErrors', { count: formats.number(found.errors.length), total: formats.number(found.total) }) }}
            </p>
        }
        <div class="table-frame" role="group" tabindex="0" [attr.aria-label]="t('errorsTitle')">
          <table class="table">
            <thead><tr><th scope="col" class="number">{{ t('row') }}</th><th scope="col">{{ t('column') }}</th><th
              scope="col">{{ t('value') }}</th><th scope="col">{{ t('what') }}</th></tr></thead>
            <tbody>
              @for (error of shown(); track $index) {
                <tr>
                  <td class="number">{{ formats.number(error.row) }}</td>
                  <td>{{ error.column ?? '—' }}</td>
                  <td class="sample-cell"><code>{{ error.value ?? '' }}</code></td>
                  <td>
                    <span class="badge" [class.badge-danger]="error.severity === 'error'"
                      [class.badge-warning]="error.severity === 'warning'">{{ t(error.severity) }}</span>
                    {{ words.rowError(error) }}
                  </td>
                </tr>
              } @empty {
                <tr><td colspan="4" class="soft">{{ t('noMatch') }}</td></tr>
              }
            </tbody>
          </table>
        </div>
        @if (matching().length > shown().length) {
          <button ptButton="secondary" type="button" (click)="more.set(more() + step)">
            {{ t('showMore', { count: formats.number(matching().length - shown().length) }) }}</button>
        }
      } @else if (list.error()) {
        <pt-failure [error]="list.error()" (retry)="list.reload()" />
      } @else {
        <div class="skeleton skeleton-chart" role="status" [attr.aria-label]="t('loading')"></div>
      }
    </section>
  `,
})
export class ErrorList {
  readonly run = input.required<ImportRun>();
  readonly path = input.required<string>();
  protected readonly formats = inject(Formats);
  protected readonly words = inject(ImportWords);
  private readonly api = inject(Api);
  protected readonly step = SHOWN_AT_ONCE;
  protected readonly typed = signal('');
  protected readonly code = signal('');
  protected readonly more = signal(SHOWN_AT_ONCE);
  protected readonly list = remote(
    () => ({ path: this.path(), count: this.run().errors + this.run().warnings, status: this.run().status }),
    ({ path }, signal) => this.readAll(path, signal),
  );
  protected readonly codes = computed(() => codesOf(this.list.value()?.errors ?? []));
  protected readonly matching = computed(() =>
    filterErrors(this.list.value()?.errors ?? [], { text: this.typed(), code: this.code(), severity: '' }),
  );
  protected readonly shown = computed(() => this.matching().slice(0, this.more()));

  protected narrow(text: string): void {
    this.typed.set(text);
    this.more.set(SHOWN_AT_ONCE);
  }

  protected pick(code: string): void {
    this.code.set(code);
    this.more.set(SHOWN_AT_ONCE);
  }

  protected short(code: string): string {
    return this.words.rowError({ row: 0, column: null, code, severity: 'error', value: '…', message: code });
  }

  private async readAll(path: string, signal: AbortSignal): Promise<{ errors: ImportError[]; total: number }> {
    const errors: ImportError[] = [];
    for (let page = 1; ; page += 1) {
      const answer = await this.api.get<{ errors: ImportError[]; total: number }>(`${path}/errors`, { page }, signal);
      errors.push(...answer.errors);
      if (answer.errors.length === 0 || errors.length >= answer.total || page >= PAGES_READ_MAX) {
        return { errors, total: answer.total };
      }
    }
  }
}
