import { Component, computed, input } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { SeatPlan } from '#contracts/seat-plan';
import { getSeat } from '../contracts.ts';

const BLOCKED = 3;

/** What the shapes and signs mean, drawn as on the map; what this room does not have is left out. */
@Component({
  selector: 'pt-seat-legend',
  imports: [TranslocoDirective],
  template: `
    <ul role="list" class="seat-legend" *transloco="let t" [attr.aria-label]="t('seats.legend')">
      @for (item of shown(); track item.key) {
        <li>
          <svg width="24" height="24" viewBox="0 0 40 40" aria-hidden="true" focusable="false"
            class="seat" [class]="'seat seat-' + item.state">
            @if (item.key === 'wheelchair') {
              <rect class="seat-body" x="4" y="4" width="32" height="32" rx="16" />
            } @else if (item.key === 'plus_size') {
              <rect class="seat-body" x="1.5" y="6" width="37" height="28" rx="8" />
            } @else {
              <path class="seat-body" d="M5 15a8 8 0 0 1 8-8h14a8 8 0 0 1 8 8v13a6 6 0 0 1-6 6H11a6 6 0 0 1-6-6Z" />
            }
            @if (item.sign) { <path class="seat-sign" [attr.d]="item.sign" /> }
          </svg>
          {{ t('seats.state.' + item.key) }}
        </li>
      }
    </ul>
  `,
})
export class SeatLegend {
  readonly plan = input.required<SeatPlan>();
  readonly states = input.required<Uint8Array>();
  protected readonly shown = computed(() => {
    const seats = this.plan().seats;
    const kinds = new Set<string>(seats.map((seat) => seat.kind));
    const blocked = seats.some((seat) => getSeat(this.states(), seat.no) === BLOCKED);
    return this.items.filter((item) => (item.key === 'blocked' ? blocked : !item.kind || kinds.has(item.key)));
  });
  private readonly items = [
    { key: 'available', state: 'available', sign: '' },
    { key: 'mine', state: 'mine', sign: 'M12 21l5.5 5.5L28 15' },
    { key: 'held', state: 'held', sign: '' },
    { key: 'sold', state: 'sold', sign: 'M14 15l12 12M26 15 14 27' },
    { key: 'blocked', state: 'blocked', sign: 'M13 20h14' },
    { key: 'wheelchair', kind: true, state: 'available', sign: 'M18 11v.1M18 15v6h6l2 6M17 19a5 5 0 1 0 5 7' },
    { key: 'companion', kind: true, state: 'available', sign: 'M20 13.5v13M13.5 20h13' },
    {
      key: 'reduced_mobility',
      kind: true,
      state: 'available',
      sign: 'M17 11v.1M17 15v6l3.5 7M17 21l-3 7M17 16l5 3M25 19v9',
    },
    { key: 'plus_size', kind: true, state: 'available', sign: 'M11 20h18M14 17l-3 3 3 3M26 17l3 3-3 3' },
  ];
}
