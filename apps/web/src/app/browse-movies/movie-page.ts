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
import { CityChooser } from './city-chooser.ts';
import { DayChips } from './day-chips.ts';

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
    Icon,
    NotFound,
    Poster,
    RatingMark,
    RouterLink,
    Stale,
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

  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly pageTitle = inject(PageTitle);

  protected readonly accessIcon = ACCESS_ICON;
  protected readonly today = todayInBrazil(Date.now());
  protected readonly wholeText = signal(false);
  protected readonly cityOpen = signal(false);
  protected readonly city = computed(() => this.cidade() || recall('city') || '');
  protected readonly narrowed = computed(() => !!(this.idioma() || this.formato() || [this.acesso() || []].flat()[0]));

  protected readonly movie = remote(
    () => ({
      slug: this.slug(),
      query: {
        date: this.data() || '',
        city: this.city(),
        language: this.idioma() || '',
        format: this.formato() || '',
        access: [this.acesso() || []].flat(),
      },
    }),
    (wish, signal) => this.api.get<MovieDetail>(`/api/movies/${encodeURIComponent(wish.slug)}`, wish.query, signal),
  );
  protected readonly unknown = computed(() => {
    const error = this.movie.error();
    return error instanceof ApiProblem && error.status === 404;
  });
  protected readonly day = computed(() => this.data() || this.movie.value()?.day || '');

  constructor() {
    effect(() => {
      const movie = this.movie.value();
      if (movie) this.pageTitle.name(movie.title);
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

  protected narrow(queryParams: Record<string, string | null>): void {
    void this.router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  }

  protected dropFilters(): void {
    this.narrow({ idioma: null, formato: null, acesso: null });
  }
}
