import { Component, inject, input, model } from '@angular/core';
import { Language } from '../language/language.ts';
import { Icon } from './icon.ts';

/** A small whole number, one up or down at a time. */
@Component({
  selector: 'pt-stepper',
  imports: [Icon],
  template: `
    <div class="stepper" role="group" [attr.aria-label]="label()">
      <button type="button" class="button button-secondary button-icon" [disabled]="value() <= min()"
        [attr.aria-label]="language.say('ui.less')" (click)="value.set(value() - 1)"><pt-icon name="minus" /></button>
      <output aria-live="polite">{{ value() }}</output>
      <button type="button" class="button button-secondary button-icon" [disabled]="value() >= max()"
        [attr.aria-label]="language.say('ui.more')" (click)="value.set(value() + 1)"><pt-icon name="plus" /></button>
    </div>
  `,
})
export class Stepper {
  readonly label = input.required<string>();
  readonly value = model.required<number>();
  readonly min = input(1);
  readonly max = input(10);
  protected readonly language = inject(Language);
}
