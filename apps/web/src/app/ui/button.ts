import { booleanAttribute, Directive, input } from '@angular/core';

export type ButtonKind = 'primary' | 'secondary' | 'quiet' | 'danger';

/**
 * `<button ptButton="primary">` or `<a ptButton>`. While busy it keeps its size, its focus and its place for the screen
 * reader, and does nothing when pressed; show `<span class="spinner">` inside.
 */
@Directive({
  selector: 'button[ptButton], a[ptButton]',
  host: {
    class: 'button',
    '[class.button-primary]': 'kind() === "primary"',
    '[class.button-secondary]': 'kind() === "secondary" || kind() === ""',
    '[class.button-quiet]': 'kind() === "quiet"',
    '[class.button-danger]': 'kind() === "danger"',
    '[class.button-large]': 'size() === "large"',
    '[class.button-small]': 'size() === "small"',
    '[attr.aria-busy]': 'busy() || null',
    '[attr.aria-disabled]': 'busy() || null',
    '(click)': 'swallowWhenBusy($event)',
  },
})
export class Button {
  readonly kind = input<ButtonKind | ''>('secondary', { alias: 'ptButton' });
  readonly size = input<'small' | 'medium' | 'large'>('medium');
  readonly busy = input(false, { transform: booleanAttribute });

  protected swallowWhenBusy(event: Event): void {
    if (!this.busy()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}
