import { Component, input } from '@angular/core';

/** `value` of `max`; null when how much is to come is not known. */
@Component({
  selector: 'pt-progress',
  template: `
    <div class="row-apart small"><span>{{ label() }}</span><span class="numbers soft">{{ detail() }}</span></div>
    @if (value() === null) {
      <progress class="progress" [attr.aria-label]="label()"></progress>
    } @else {
      <progress class="progress" [attr.aria-label]="label()" [value]="value()" [max]="max()"></progress>
    }
  `,
  host: { class: 'stack-tight' },
})
export class Progress {
  readonly label = input.required<string>();
  readonly detail = input('');
  readonly value = input.required<number | null>();
  readonly max = input(100);
}
