import { Component, computed, inject, input, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PlannedSeat, SeatPlan } from '#contracts/seat-plan';
import { getSeat } from '../contracts.ts';
import { Language } from '../language/language.ts';
import { Chip } from '../ui/index.ts';

/** The same room as words: row after row, only what can be taken. */
@Component({
  selector: 'pt-seat-list',
  imports: [Chip, TranslocoDirective],
  template: `
    <div class="stack" *transloco="let t">
      @for (row of rows(); track row.letter) {
        <section class="seat-list-row" [attr.aria-label]="t('seats.row', { row: row.letter })">
          <h3>{{ t('seats.row', { row: row.letter }) }}
            <span class="soft small">{{ language.count('movie.free', row.free) }}</span></h3>
          <div class="chips chips-wrap">
            @for (seat of row.seats; track seat.no) {
              <button ptChip [pressed]="chosen().has(seat.no)" [attr.aria-label]="name(seat) + ': ' + describe()(seat)"
                (click)="press.emit(seat.no)">
                {{ name(seat) }}
              </button>
            }
          </div>
        </section>
      }
    </div>
  `,
})
export class SeatList {
  readonly plan = input.required<SeatPlan>();
  readonly states = input.required<Uint8Array>();
  readonly chosen = input.required<ReadonlySet<number>>();
  readonly describe = input.required<(seat: PlannedSeat) => string>();
  readonly press = output<number>();
  protected readonly language = inject(Language);
  protected readonly rows = computed(() => {
    const rows = new Map<string, { letter: string; y: number; free: number; seats: PlannedSeat[] }>();
    for (const seat of this.plan().seats) {
      const free = getSeat(this.states(), seat.no) === 0;
      if (!free && !this.chosen().has(seat.no)) continue;
      const row = rows.get(seat.row) ?? { letter: seat.row, y: seat.y, free: 0, seats: [] };
      row.free += free ? 1 : 0;
      row.seats.push(seat);
      rows.set(seat.row, row);
    }
    return [...rows.values()].sort((a, b) => a.y - b.y);
  });

  /** What is written on the chip; the spoken name begins with it, for people who speak to their phone. */
  protected name(seat: PlannedSeat): string {
    return seat.kind === 'standard' ? seat.label : `${seat.label} ${this.language.say(`seats.state.${seat.kind}`)}`;
  }
}
