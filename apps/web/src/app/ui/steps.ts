import { Component, input } from '@angular/core';

/** Where one is on a way of few steps: done ones filled, the present one marked. */
@Component({
  selector: 'pt-steps',
  template: `<ol class="steps" [attr.aria-label]="label()">
    @for (step of steps(); track step; let index = $index) {
      <li [attr.data-done]="index < at()" [attr.aria-current]="index === at() ? 'step' : null">{{ step }}</li>
    }
  </ol>`,
})
export class Steps {
  readonly label = input.required<string>();
  readonly steps = input.required<readonly string[]>();
  readonly at = input.required<number>();
}
