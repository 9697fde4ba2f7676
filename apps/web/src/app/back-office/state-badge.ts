import { Component, computed, inject, input } from '@angular/core';
import { Language } from '../language/language.ts';

const KIND_OF: Record<string, string> = {
  paid: 'badge-success',
  held: 'badge-info',
  awaiting_payment: 'badge-info',
  expired: '',
  cancelled: '',
  refunded: 'badge-warning',
};

/** The state of an order, in words and colour. */
@Component({
  selector: 'pt-state-badge',
  template: `<span class="badge" [class]="kind()">{{ words() }}</span>`,
})
export class StateBadge {
  readonly state = input.required<string>();
  private readonly language = inject(Language);
  protected readonly kind = computed(() => KIND_OF[this.state()] ?? '');
  protected readonly words = computed(() => this.language.say(`backOffice.orders.states.${this.state()}`));
}
