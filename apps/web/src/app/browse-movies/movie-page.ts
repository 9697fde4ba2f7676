import { Component, computed, effect, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { MovieDetail, ScreeningCard } from '#contracts/catalog';
import { Api } from '../api/api.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { remote } from '../api/remote.ts';
import { recall } from '../api/remembered.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { NotFound } from '../shell/not-found.ts';
import { PageTitle } from '../shell/page-title.ts';
import { Button, Chip, Empty, Failure, Icon, type IconName, Poster, RatingMark, Stale } from '../ui/index.ts';
import { todayInBrazil } from './cinema-days.ts';
import { filterParams, understand } from './asked.ts';
import { CityChooser } from './city-chooser.ts';
import { DayChips } from './day-chips.ts';
import { type Filters, filterCount, FilterSheet } from './filter-sheet.ts';
import { Synopsis } from './synopsis.ts';

const ACCESS_ICON: Record<string, IconName> = {
  libras: 'hands',
  audio_description: 'ear',
  captions: 'captions',
  wheelchair: 'wheelchair',
};
const FEW_LEFT = 0.15;

/** One movie: what it is, and where and when it can be seen on the chosen day. */
@Component({
  selector: 'pt-movie-page',
  imports: [
    Button,
    Chip,
    CityChooser,
    DayChips,
    Empty,
    Failure,
    FilterSheet,
    Icon,
    NotFound,
    Poster,
    RatingMark,
    RouterLink,
    Stale,
    Synopsis,
    TranslocoDirective,
  ],
  templateUrl: './movie-page.html',
})
export class MoviePage {
  readonly slug = input.required<string>();
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
  private readonly pageTitle = inject(PageTitle);

  protected readonly accessIcon = ACCESS_ICON;
  protected readonly today = todayInBrazil(Date.now());
  protected readonly cityOpen = signal(false);
  protected readonly filtersOpen = signal(false);
  protected readonly city = computed(() => this.cidade() || recall('city') || '');
  private readonly understood = computed(() =>
    understand({
      data: this.data(),
      idioma: this.idioma(),
      formato: this.formato(),
      acesso: this.acesso(),
      cinema: this.cinema(),
    }),
  );
  protected readonly filters = computed(() => this.understood().filters);
  protected readonly filterCount = computed(() => filterCount(this.filters()));

  protected readonly movie = remote(
    () => ({
      slug: this.slug(),
      query: {
        date: this.understood().date,
        city: this.city(),
        ...this.filters(),
      },
    }),
    (wish, signal) => this.api.get<MovieDetail>(`/api/movies/${encodeURIComponent(wish.slug)}`, wish.query, signal),
  );
  protected readonly unknown = computed(() => {
    const error = this.movie.error();
    return error instanceof ApiProblem && error.status === 404;
  });
  protected readonly day = computed(() => this.understood().date || this.movie.value()?.day || '');

  constructor() {
    effect(() => {
      const movie = this.movie.value();
      if (movie) this.pageTitle.name(movie.title);
    });
    effect(() => {
      if (this.data() && !this.understood().date) this.narrow({ data: null });
    });
  }

  protected isOpen(screening: ScreeningCard): boolean {
    return screening.saleState === 'on_sale';
  }

  protected fullness(screening: ScreeningCard): number {
    return 1 - screening.availableCount / Math.max(1, screening.seatCount);
  }

  protected fewLeft(screening: ScreeningCard): boolean {
    return this.isOpen(screening) && screening.availableCount / Math.max(1, screening.seatCount) < FEW_LEFT;
  }

  protected narrow(queryParams: Record<string, string | string[] | null>): void {
    void this.router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  }

  protected dropFilters(): void {
    this.narrow({ idioma: null, formato: null, acesso: null, cinema: null });
  }

  protected applyFilters(filters: Filters): void {
    this.filtersOpen.set(false);
    this.narrow({ ...filterParams(filters), ...(filters.theater ? { cidade: this.city() || null } : {}) });
  }
}
