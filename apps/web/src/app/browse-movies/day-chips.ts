import { Component, computed, inject, input, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../language/formats.ts';
import { Chip, Icon } from '../ui/index.ts';
import { daysAfter, nextDays } from './cinema-days.ts';

/** Hoje, amanhã, the next ten days and a calendar. `optional` lets the pressed one be let go. */
@Component({
  selector: 'pt-day-chips',
  imports: [Chip, Icon, TranslocoDirective],
  template: `
    <div class="chips" role="group" [attr.aria-label]="label()" *transloco="let t">
      @for (day of days(); track day) {
        <button ptChip class="chip-day" [pressed]="day === chosen()" (click)="press(day)"
          [class.chip-day-none]="none(day)">
          @let near = day === today() ? 'days.today' : day === tomorrow() ? 'days.tomorrow' : '';
          <span>{{ near ? t(near) : formats.weekday(day) }}</span>
          <span class="chip-day-date">{{ formats.dayAndMonth(day) }}</span>
          @if (none(day)) { <span class="sr-only">, {{ t('days.none') }}</span> }
        </button>
      }
      @if (calendar()) {
        <label class="chip chip-calendar" [attr.aria-current]="beyond() ? 'date' : null">
          <pt-icon name="calendar" [size]="18" />
          <span>{{ beyond() ? formats.dayAndMonth(chosen()) : t('days.calendar') }}</span>
          <input type="date" [attr.aria-label]="t('days.other')" [min]="today()" [value]="chosen()"
            (change)="choose.emit($any($event.target).value)" />
        </label>
      }
    </div>
  `,
})
export class DayChips {
  readonly label = input.required<string>();
  readonly today = input.required<string>();
  readonly chosen = input.required<string>();
  /** Days that have screenings; null while unknown. */
  readonly available = input<readonly string[] | null>(null);
  readonly optional = input(false);
  /** Only the days of `available` are shown (a movie's own). */
  readonly onlyAvailable = input(false);
  readonly calendar = input(true);
  readonly choose = output<string>();
  protected readonly formats = inject(Formats);
  protected readonly tomorrow = computed(() => daysAfter(this.today(), 1));
  protected readonly days = computed(() =>
    this.onlyAvailable() ? (this.available() ?? []).slice(0, 21) : nextDays(this.today()),
  );
  protected readonly beyond = computed(() => this.chosen() !== '' && !this.days().includes(this.chosen()));
  private readonly known = computed(() => new Set(this.available() ?? []));

  protected none(day: string): boolean {
    return this.available() !== null && day !== this.chosen() && !this.known().has(day);
  }

  protected press(day: string): void {
    this.choose.emit(this.optional() && day === this.chosen() ? '' : day);
  }
}
