import { Directive, input } from '@angular/core';

/** A choice among few: `<button ptChip [pressed]="…">`. */
@Directive({
  selector: 'button[ptChip]',
  host: { class: 'chip', type: 'button', '[attr.aria-pressed]': 'pressed()' },
})
export class Chip {
  readonly pressed = input<boolean | null>(null);
}
