import { Component, computed, input } from '@angular/core';

/** A thin bar for a share that is also written beside it: decoration, unless `label` is given. */
@Component({
  selector: 'pt-meter',
  template: `<span class="meter" [attr.role]="label() ? 'img' : null" [attr.aria-label]="label() || null"
    [attr.aria-hidden]="label() ? null : 'true'"><span [style.inline-size.%]="percent()"></span></span>`,
})
export class Meter {
  /** 0 … 1 */
  readonly share = input.required<number>();
  readonly label = input('');
  protected readonly percent = computed(() => Math.min(100, Math.max(0, this.share() * 100)));
}
