import { Component, inject, input } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { ImportRun } from '#contracts/imports';
import { Icon } from '../../ui/index.ts';
import { ImportWords } from './import-words.ts';

/** Encoding, separator, columns and a few rows, so that a person sees at a glance whether we read the file right. */
@Component({
  selector: 'pt-understood',
  imports: [Icon, TranslocoDirective],
  template: `
    <div class="stack" *transloco="let t; prefix: 'backOffice.imports'">
      <dl class="office-facts">
        <div><dt>{{ t('format') }}</dt><dd>{{ understood().format.toUpperCase() }}</dd></div>
        <div><dt>{{ t('layout') }}</dt><dd>{{ words.named('layouts', understood().layout) }}</dd></div>
        <div><dt>{{ t('encoding') }}</dt><dd>{{ understood().encoding }}</dd></div>
        @if (understood().separator; as separator) {
          <div><dt>{{ t('separator') }}</dt><dd>{{ words.named('separators', separator) }}</dd></div>
        }
      </dl>
      <section class="stack-tight" aria-labelledby="columns">
        <h2 class="h-small" id="columns">{{ t('columns') }}</h2>
        <ul role="list" class="columns">
          @for (pair of understood().columns; track $index) {
            <li [class.column-ignored]="!pair.field">
              <code>{{ pair.column || '—' }}</code> <pt-icon name="next" [size]="14" />
              <span>{{ pair.field ? words.named('fields', pair.field) : t('ignored') }}</span>
            </li>
          }
        </ul>
      </section>
      @if (understood().sample.length > 0) {
        <section class="stack-tight" aria-labelledby="sample">
          <h2 class="h-small" id="sample">{{ t('sample') }}</h2>
          <div class="table-frame" role="group" tabindex="0" [attr.aria-label]="t('sample')">
            <table class="table">
              <thead><tr>@for (pair of understood().columns; track $index) {<th scope="col">{{ pair.column || '—' }}
              </th>}</tr></thead>
              <tbody>
                @for (row of understood().sample; track $index) {
                  <tr>@for (cell of row; track $index) {<td class="sample-cell">{{ cell }}</td>}</tr>
                }
              </tbody>
            </table>
          </div>
        </section>
      }
    </div>
  `,
})
export class Understood {
  readonly understood = input.required<NonNullable<ImportRun['understood']>>();
  protected readonly words = inject(ImportWords);
}
