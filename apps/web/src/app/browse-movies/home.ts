import { Component, computed, DestroyRef, effect, inject, input, linkedSignal, signal, untracked } from '@angular/core';
import { Router } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { SearchAnswer } from '#contracts/catalog';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';
import { recall } from '../api/remembered.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { Button, Chip, Empty, Failure, Icon, Stale } from '../ui/index.ts';
import { filterParams, understand } from './asked.ts';
import { CityChooser } from './city-chooser.ts';
import { nearestDay, todayInBrazil } from './cinema-days.ts';
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
  readonly cinema = input('');

  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly router = inject(Router);

  protected readonly today = todayInBrazil(Date.now());
  protected readonly typed = linkedSignal(() => this.q() ?? '');
  protected readonly city = computed(() => this.cidade() || recall('city') || '');
  protected readonly cityOpen = signal(false);
  protected readonly filtersOpen = signal(false);
  private readonly understood = computed(() =>
    understand({
      data: this.data(),
      idioma: this.idioma(),
      formato: this.formato(),
      acesso: this.acesso(),
      cinema: this.cinema(),
    }),
  );
  protected readonly day = computed(() => this.understood().date);
  protected readonly filters = computed(() => this.understood().filters);
  protected readonly filterCount = computed(() => filterCount(this.filters()));
  protected readonly narrowed = computed(() => !!this.q() || !!this.day() || this.filterCount() > 0);

  protected readonly found = remote(
    () => ({ q: this.q() || '', date: this.day(), city: this.city(), ...this.filters() }),
    (wish, signal) => this.api.get<SearchAnswer>('/api/search', wish, signal),
  );
  protected readonly nothing = computed(() => {
    const found = this.found.value();
    return !!found && found.nowShowing.length + found.comingSoon.length === 0;
  });
  /** Nothing on the asked day, but something on another or soon. */
  protected readonly emptyDay = computed(() => {
    const found = this.found.value();
    if (!found || !this.day() || found.nowShowing.length > 0) return false;
    return found.days.length + found.comingSoon.length > 0;
  });
  protected readonly nearest = computed(() => nearestDay(this.found.value()?.days ?? [], this.day()));
  protected readonly heard = computed(() => {
    const found = this.found.value();
    return found ? this.language.count('home.found', found.nowShowing.length + found.comingSoon.length) : '';
  });
  protected readonly otherDays = computed(() => (this.found.value()?.days ?? []).slice(0, 6));
  protected readonly movieQuery = computed(() => ({
    data: this.day() || null,
    ...filterParams(this.filters()),
  }));
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.typing));
    // A day that is none does not stay in the address, to be shared further.
    effect(() => {
      if (this.data() && !this.day()) this.narrow({ data: null });
    });
  }

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
    // The theater's city goes along, because who gets the address may live elsewhere.
    this.narrow({ ...filterParams(filters), ...(filters.theater ? { cidade: this.city() || null } : {}) });
  }

  protected chooseCity(city: string): void {
    this.cityOpen.set(false);
    this.narrow({ cidade: city || null, cinema: null });
  }

  protected startAgain(): void {
    this.narrow({ q: null, data: null, idioma: null, formato: null, acesso: null, cinema: null });
  }

  protected narrow(queryParams: Record<string, string | string[] | null>): void {
    // Who has already tapped a film is not called back by a search that was still waiting for the next letter.
    const going = untracked(this.router.currentNavigation);
    if (going && going.extractedUrl.root.numberOfChildren > 0) return;
    void this.router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  }
}
