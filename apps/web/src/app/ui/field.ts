import { Component, computed, Directive, inject, input } from '@angular/core';
import { Icon } from './icon.ts';

let fieldCount = 0;

/** Label, hint and error around one control: `<pt-field label="E-mail"><input ptInput /></pt-field>`. */
@Component({
  selector: 'pt-field',
  imports: [Icon],
  template: `
    <label class="field-label" [class.sr-only]="quietLabel()" [attr.for]="id">{{ label() }}</label>
    <ng-content />
    @if (hint() && !error()) {
      <p class="field-hint" [id]="id + '-hint'">{{ hint() }}</p>
    }
    <div aria-live="polite">
      @if (error()) {
        <p class="field-error" [id]="id + '-error'"><pt-icon name="alert" [size]="18" /> {{ error() }}</p>
      }
    </div>
  `,
  host: { class: 'field' },
})
export class Field {
  readonly label = input.required<string>();
  readonly hint = input('');
  readonly error = input('');
  /** The label is for the screen reader only (a search field with a magnifier). */
  readonly quietLabel = input(false);
  readonly id = `field-${(fieldCount += 1)}`;
  readonly describedBy = computed(() => {
    if (this.error()) return `${this.id}-error`;
    return this.hint() ? `${this.id}-hint` : null;
  });
}

@Directive({
  selector: 'input[ptInput], select[ptInput], textarea[ptInput]',
  host: {
    class: 'input',
    '[id]': 'field.id',
    '[attr.aria-invalid]': 'field.error() ? "true" : null',
    '[attr.aria-describedby]': 'field.describedBy()',
  },
})
export class Input {
  protected readonly field = inject(Field);
}
