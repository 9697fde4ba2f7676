import { Component, computed, input, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Button, Icon } from '../ui/index.ts';

/** Turns the pages of a long list. */
@Component({
  selector: 'pt-pages',
  imports: [Button, Icon, TranslocoDirective],
  template: `
    @if (count() > 1) {
      <nav class="pages" *transloco="let t; prefix: 'backOffice.pages'" [attr.aria-label]="t('label')">
        <button ptButton="secondary" size="small" type="button" [disabled]="page() <= 1"
          (click)="turned.emit(page() - 1)">
          <pt-icon name="back" [size]="18" /> {{ t('before') }}
        </button>
        <span class="small numbers">{{ t('of', { page: page(), count: count() }) }}</span>
        <button ptButton="secondary" size="small" type="button"
          [disabled]="page() >= count()" (click)="turned.emit(page() + 1)">
          {{ t('after') }} <pt-icon name="next" [size]="18" />
        </button>
      </nav>
    }
  `,
})
export class Pages {
  readonly page = input.required<number>();
  readonly pageSize = input.required<number>();
  readonly total = input.required<number>();
  readonly turned = output<number>();
  protected readonly count = computed(() => Math.max(1, Math.ceil(this.total() / Math.max(1, this.pageSize()))));
}
