import { Component, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { MovieCard } from '#contracts/catalog';
import { Formats } from '../language/formats.ts';
import { Poster, RatingMark } from '../ui/index.ts';

@Component({
  selector: 'pt-movie-grid',
  imports: [Poster, RatingMark, RouterLink, TranslocoDirective],
  template: `
    <ul role="list" class="movie-grid" [attr.aria-busy]="busy()" *transloco="let t">
      @for (movie of movies(); track movie.movieId) {
        <li class="movie-card">
          <a [routerLink]="['/filme', movie.slug]" [queryParams]="query()">
            <pt-poster [title]="movie.title" [url]="movie.posterUrl" [eager]="$index < 4" />
            <h3>{{ movie.title }}</h3>
          </a>
          <p class="movie-facts small soft">
            @if (movie.rating) { <pt-rating [value]="movie.rating" /> }
            @if (movie.runningMinutes) { <span class="nowrap">{{ formats.runningTime(movie.runningMinutes) }}</span> }
            @if (movie.genres[0]) { <span>{{ movie.genres[0] }}</span> }
          </p>
          @if (soon()) {
            @if (movie.releasedOn) {
              <p class="small strong">{{ t('home.opens', { day: formats.day(movie.releasedOn) }) }}</p>
            }
          } @else if (movie.priceFromCents !== null) {
            <p class="small">{{ t('home.from') }}
              <span class="strong">{{ formats.money(movie.priceFromCents) }}</span></p>
          }
        </li>
      }
    </ul>
  `,
})
export class MovieGrid {
  readonly movies = input.required<readonly MovieCard[]>();
  readonly query = input<Record<string, unknown>>({});
  readonly soon = input(false);
  readonly busy = input(false);
  protected readonly formats = inject(Formats);
}
