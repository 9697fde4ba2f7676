import { Component, computed, inject, input } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { AdminScreening, ProgrammeDay } from '#contracts/admin';
import { Api } from '../../api/api.ts';
import { remote } from '../../api/remote.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { PageTitle } from '../../shell/page-title.ts';
import { Meter } from '../../ui/charts/index.ts';
import { Button, Empty, Failure, Field, Icon, Input, Stale } from '../../ui/index.ts';
import { keepFresh } from '../keep-fresh.ts';
import { conflictsOf, dayAfter, layDay, placeOf } from './programme-grid.ts';

const FRESH_MS = 30_000;

/** /admin/programacao?dia=&cinema=: what plays where on a day, conflicts shown. */
@Component({
  selector: 'pt-programme-page',
  imports: [Button, Empty, Failure, Field, Icon, Input, Meter, RouterLink, Stale, TranslocoDirective],
  templateUrl: './programme-page.html',
})
export class ProgrammePage {
  readonly dia = input<string>();
  readonly cinema = input<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  protected readonly title = inject(PageTitle);
  protected readonly programme = remote(
    () => ({ day: this.dia(), theater: this.cinema() }),
    (wish, signal) => this.api.get<ProgrammeDay>('/api/admin/screenings', wish, signal),
  );
  protected readonly theater = computed(() => {
    const theaters = this.programme.value()?.theaters ?? [];
    return theaters.find((one) => String(one.theaterId) === this.cinema()) ?? theaters[0] ?? null;
  });
  private readonly shown = computed(() => {
    const theaterId = this.theater()?.theaterId;
    return this.programme.value()?.screenings.filter((one) => one.theaterId === theaterId) ?? [];
  });
  protected readonly grid = computed(() => layDay(this.shown()));
  protected readonly conflicts = computed(() => conflictsOf(this.shown()));
  protected readonly totals = computed(() => ({
    screenings: this.formats.number(this.shown().length),
    sold: this.formats.number(this.shown().reduce((sum, one) => sum + one.sold, 0)),
    seats: this.formats.number(this.shown().reduce((sum, one) => sum + one.seatCount, 0)),
  }));

  constructor() {
    keepFresh(() => this.programme.reload(), FRESH_MS);
  }

  protected go(change: { dia?: string | null; cinema?: string | null }): void {
    void this.router.navigate([], { queryParams: change, queryParamsHandling: 'merge' });
  }

  protected move(day: string, days: number): void {
    this.go({ dia: dayAfter(day, days) });
  }

  protected place(bar: { start: number; end: number }): { left: number; width: number } {
    return placeOf(this.grid(), bar);
  }

  protected hourWords(minutes: number): string {
    return `${(minutes / 60) % 24}h`;
  }

  protected span(one: AdminScreening): string {
    return `${this.formats.time(one.localTime)}–${this.formats.time(one.localEndTime)}`;
  }

  protected barWords(one: AdminScreening): string {
    const words = this.language.say('backOffice.programme.bar', {
      time: this.formats.time(one.localTime),
      end: this.formats.time(one.localEndTime),
      movie: one.movieTitle,
      sold: one.sold,
      seats: one.seatCount,
    });
    const state = one.status === 'on_sale' ? '' : `, ${this.language.say(`backOffice.status.${one.status}`)}`;
    const conflict = one.conflictsWith.length > 0 ? `, ${this.language.say('backOffice.programme.conflict')}` : '';
    return words + state + conflict;
  }

  protected share(one: AdminScreening): number {
    return one.seatCount === 0 ? 0 : one.sold / one.seatCount;
  }
}
