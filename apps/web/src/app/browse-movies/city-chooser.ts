import { Component, computed, inject, input, output, signal } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { City } from '#contracts/catalog';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';
import { remember } from '../api/remembered.ts';
import { Language } from '../language/language.ts';
import { Dialog, Failure, Field, Icon, Input } from '../ui/index.ts';
import { fold } from './fold.ts';

const SHOWN_MAX = 60;

/** Which city: asked once, remembered on this device. */
@Component({
  selector: 'pt-city-chooser',
  imports: [Dialog, Failure, Field, Icon, Input, TranslocoDirective],
  template: `
    <ng-container *transloco="let t">
      <pt-dialog [open]="open()" [title]="t('city.title')" shape="sheet" (closed)="closed.emit()">
        <div class="stack">
          <pt-field [label]="t('city.search')" [quietLabel]="true">
            <input ptInput type="search" autocomplete="off" [placeholder]="t('city.search')" [value]="typed()"
              (input)="typed.set($any($event.target).value)" />
          </pt-field>
          @if (cities.value()) {
            <ul role="list" class="choices">
              <li>
                <button type="button" [attr.aria-current]="chosen() === '' ? 'true' : null" (click)="take('')">
                  <pt-icon name="globe" /> <span>{{ t('home.allCities') }}</span>
                </button>
              </li>
              @for (city of shown(); track city.city) {
                <li>
                  <button type="button" [attr.aria-current]="chosen() === city.city ? 'true' : null"
                    (click)="take(city.city)">
                    <pt-icon name="pin" /> <span>{{ city.city }}</span>
                    <span class="soft small">{{ language.count('city.theaters', city.theaterCount) }}</span>
                  </button>
                </li>
              } @empty {
                <li class="soft">{{ t('city.none') }}</li>
              }
            </ul>
          } @else if (cities.error()) {
            <pt-failure [error]="cities.error()" (retry)="cities.reload()" />
          } @else {
            <div class="stack-tight" aria-hidden="true">
              @for (slot of [1, 2, 3, 4, 5]; track slot) { <div class="skeleton skeleton-row"></div> }
            </div>
          }
        </div>
      </pt-dialog>
    </ng-container>
  `,
})
export class CityChooser {
  readonly open = input.required<boolean>();
  readonly chosen = input.required<string>();
  readonly chose = output<string>();
  readonly closed = output();
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  protected readonly typed = signal('');
  protected readonly cities = remote(
    () => this.open() || undefined,
    (_open, signal) => this.api.get<City[] | { cities: City[] }>('/api/cities', {}, signal).then(listOf),
  );
  protected readonly shown = computed(() => {
    const wanted = fold(this.typed());
    return (this.cities.value() ?? []).filter((city) => fold(city.city).includes(wanted)).slice(0, SHOWN_MAX);
  });

  protected take(city: string): void {
    remember('city', city || null);
    this.typed.set('');
    this.chose.emit(city);
  }
}

function listOf(answer: City[] | { cities: City[] }): City[] {
  return Array.isArray(answer) ? answer : answer.cities;
}
