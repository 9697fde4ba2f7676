import { Component, computed, inject, input } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { ImportRun } from '#contracts/imports';
import { Formats } from '../../language/formats.ts';
import { ImportWords } from './import-words.ts';
import { countsOf } from './run-steps.ts';

/** Create, update, unchanged for each entity; the errors of the rows below. */
@Component({
  selector: 'pt-plan-table',
  imports: [TranslocoDirective],
  template: `
    <div class="table-frame" role="group" tabindex="0" *transloco="let t; prefix: 'backOffice.imports'"
      [attr.aria-label]="t('plan')">
      <table class="table">
        <thead>
          <tr><th scope="col">{{ t('entity') }}</th><th scope="col" class="number">
            {{ t(done() ? (run().status === 'undone' ? 'deleted' : 'created') : 'toCreate') }}</th><th scope="col" class="number">
              {{ t(done() ? (run().status === 'undone' ? 'restored' : 'updated') : 'toUpdate') }}</th><th scope="col" class="number">{{ t('unchanged') }}</th></tr>
        </thead>
        <tbody>
          @for (row of rows(); track row.entity) {
            <tr><th scope="row">{{ words.named('entities', row.entity) }}</th><td class="number plan-create">
              {{ formats.number(row.counts.created) }}</td><td class="number">{{ formats.number(row.counts.updated) }}
              </td><td class="number soft">{{ formats.number(row.counts.unchanged) }}</td></tr>
          }
          @if (run().errors > 0) {
            <tr><th scope="row">{{ t('rowsWithErrors') }}</th><td class="number plan-error" colspan="3">
              {{ formats.number(run().errors) }}</td></tr>
          }
        </tbody>
      </table>
    </div>
  `,
})
export class PlanTable {
  readonly run = input.required<ImportRun>();
  /** What has happened, not what would. */
  readonly done = input(false);
  protected readonly formats = inject(Formats);
  protected readonly words = inject(ImportWords);
  protected readonly rows = computed(() => countsOf(this.run()));
}
