import { Component, computed, inject, input, linkedSignal, signal } from '@angular/core';
import { Router } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { SearchAnswer } from '#contracts/catalog';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';
import { recall } from '../api/remembered.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { Button, Chip, Empty, Failure, Icon, Stale } from '../ui/index.ts';
import { CityChooser } from './city-chooser.ts';
import { todayInBrazil } from './cinema-days.ts';
import { DayChips } from './day-chips.ts';
import { type Filters, FilterSheet, filterCount } from './filter-sheet.ts';
import { MovieGrid } from './movie-grid.ts';

const TYPING_PAUSE_MS = 140; // Long enough to skip most letters of a fast thumb, short enough to feel immediate.

/** Home: by name, by day, or both; all that narrows is in the address, to be shared and gone back to. */
@Component({
  selector: 'pt-home',
  imports: [
    Button,
    Chip,
    CityChooser,
    DayChips,
    Empty,
    Failure,
    FilterSheet,
    Icon,
    MovieGrid,
    Stale,
    TranslocoDirective,
  ],
  templateUrl: './home.html',
})
export class Home {
  readonly q = input('');
  readonly data = input('');
  readonly cidade = input('');
  readonly idioma = input('');
  readonly formato = input('');
  readonly acesso = input<string | string[]>('');

  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly router = inject(Router);

  protected readonly today = todayInBrazil(Date.now());
  protected readonly typed = linkedSignal(() => this.q() ?? '');
  protected readonly city = computed(() => this.cidade() || recall('city') || '');
  protected readonly cityOpen = signal(false);
  protected readonly filtersOpen = signal(false);
  protected readonly filters = computed<Filters>(() => ({
    language: this.idioma() || '',
    format: this.formato() || '',
    access: [this.acesso() || []].flat(),
  }));
  protected readonly filterCount = computed(() => filterCount(this.filters()));
  protected readonly narrowed = computed(() => !!this.q() || !!this.data() || this.filterCount() > 0);

  protected readonly found = remote(
    () => ({ q: this.q() || '', date: this.data() || '', city: this.city(), ...this.filters() }),
    (wish, signal) => this.api.get<SearchAnswer>('/api/search', wish, signal),
  );
  protected readonly nothing = computed(() => {
    const found = this.found.value();
    return !!found && found.nowShowing.length + found.comingSoon.length === 0;
  });
  protected readonly heard = computed(() => {
    const found = this.found.value();
    return found ? this.language.count('home.found', found.nowShowing.length + found.comingSoon.length) : '';
  });
  protected readonly otherDays = computed(() => (this.found.value()?.days ?? []).slice(0, 6));
  protected readonly movieQuery = computed(() => ({
    data: this.data() || null,
    idioma: this.idioma() || null,
    formato: this.formato() || null,
    acesso: this.acesso() || null,
  }));
  private typing: ReturnType<typeof setTimeout> | undefined;

  protected searchFor(text: string): void {
    this.typed.set(text);
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.narrow({ q: text.trim() || null }), TYPING_PAUSE_MS);
  }

  protected searchNow(): void {
    clearTimeout(this.typing);
    this.narrow({ q: this.typed().trim() || null });
  }

  protected applyFilters(filters: Filters): void {
    this.filtersOpen.set(false);
    this.narrow({
      idioma: filters.language || null,
      formato: filters.format || null,
      acesso: filters.access.length > 0 ? filters.access : null,
    });
  }

  protected chooseCity(city: string): void {
    this.cityOpen.set(false);
    this.narrow({ cidade: city || null });
  }

  protected startAgain(): void {
    this.narrow({ q: null, data: null, idioma: null, formato: null, acesso: null });
  }

  protected narrow(queryParams: Record<string, string | string[] | null>): void {
    void this.router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  }
}
