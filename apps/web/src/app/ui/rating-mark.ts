import { Component, inject, input } from '@angular/core';
import { Language } from '../language/language.ts';

/** Age rating in its official colour, always with its text; `long` adds the words. */
@Component({
  selector: 'pt-rating',
  template: `<span class="rating" [class]="'rating-' + value()" role="img"
      [attr.aria-label]="language.say('rating.' + value())">{{ value() }}</span>
    @if (long()) {
      <span aria-hidden="true">{{ language.say('rating.' + value()) }}</span>
    }`,
  host: { class: 'row nowrap' },
})
export class RatingMark {
  readonly value = input.required<string>();
  readonly long = input(false);
  protected readonly language = inject(Language);
}
