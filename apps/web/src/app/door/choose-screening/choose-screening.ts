import { Component, computed, effect, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { DoorScreening } from '#contracts/door';
import { Api } from '../../api/api.ts';
import { recall, remember } from '../../api/remembered.ts';
import { remote } from '../../api/remote.ts';
import { keepFresh } from '../../back-office/keep-fresh.ts';
import { Formats } from '../../language/formats.ts';
import { Session } from '../../session/session.ts';
import { Meter } from '../../ui/charts/meter.ts';
import { Button, Chip, Empty, Failure, Field, Icon, Input, Mark, Stale } from '../../ui/index.ts';
import { keepList, keptList } from '../kept-list.ts';
import { theatersOf, whatIsOn } from './what-is-on.ts';

/** /porta: which screening does this gate check? What people are entering now comes first. */
@Component({
  selector: 'pt-choose-screening',
  imports: [Button, Chip, Empty, Failure, Field, Icon, Input, Mark, Meter, RouterLink, Stale, TranslocoDirective],
  template: `
    <main class="page door-choose stack" *transloco="let t; prefix: 'door.choose'">
      <header class="row-apart">
        <span class="brand"><pt-mark /> <span>{{ t('brand') }}</span></span>
        <span class="row nowrap">
          @if (session.atLeast('manager')) {
            <a ptButton="quiet" size="small" routerLink="/admin">{{ t('toOffice') }}</a>
          }
          <button ptButton="quiet" size="small" type="button" (click)="signOut()">
            <pt-icon name="logout" [size]="18" /> {{ t('signOut') }}
          </button>
        </span>
      </header>
      <h1>{{ t('heading') }}</h1>
      <pt-field [label]="t('gate')" [hint]="t('gateHint')">
        <input ptInput #gate maxlength="40" autocomplete="off" [value]="gateName()" (input)="nameGate(gate.value)" />
      </pt-field>
      @if (theaters().length > 1) {
        <div class="chips" role="group" [attr.aria-label]="t('theater')">
          <button ptChip [pressed]="theater() === null" (click)="choose(null)">{{ t('allTheaters') }}</button>
          @for (one of theaters(); track one.theaterId) {
            <button ptChip [pressed]="theater() === one.theaterId" (click)="choose(one.theaterId)">{{ one.name }}
            </button>
          }
        </div>
      }
      @if (keptAt(); as at) {
        <pt-stale [at]="formats.clock(at)" (retry)="list.reload()" />
      }
      @if (screenings(); as all) {
        @for (part of parts(); track part.name) {
          @if (part.screenings.length > 0 && (part.name !== 'earlier' || showEarlier())) {
            <section class="stack-tight" [attr.aria-labelledby]="'part-' + part.name">
              <h2 class="h-small" [id]="'part-' + part.name">{{ t(part.name) }}</h2>
              <ul role="list" class="stack-tight">
                @for (one of part.screenings; track one.screeningId) {
                  <li>
                    <a class="card card-link door-screening" [class.door-now]="part.name === 'now'"
                      [routerLink]="['/porta', one.screeningId]">
                      <span class="door-time numbers">{{ formats.time(one.localTime) }}</span>
                      <span class="door-what">
                        <span class="strong">{{ one.movieTitle }}</span>
                        <span class="small soft">
                          {{ one.auditoriumName }}{{ theaters().length > 1 ? ' · ' + one.theaterName : '' }}</span>
                        <pt-meter [share]="one.sold > 0 ? one.admitted / one.sold : 0" />
                      </span>
                      <span class="door-count numbers"><b>{{ formats.number(one.admitted) }}</b><span
                        class="soft small">/{{ formats.number(one.sold) }}</span>
                        <span class="sr-only">{{ t('inside') }}</span></span>
                      <pt-icon name="next" />
                    </a>
                  </li>
                }
              </ul>
            </section>
          }
        }
        @if (parts()[2]?.screenings?.length && !showEarlier()) {
          <button ptButton="secondary" type="button" (click)="showEarlier.set(true)">{{ t('showEarlier') }}</button>
        }
        @if (all.length === 0) {
          <pt-empty icon="calendar" [title]="t('empty')" [text]="t('emptyText')">
            <button ptButton="primary" type="button" (click)="list.reload()">{{ t('again') }}</button>
          </pt-empty>
        }
      } @else if (list.error()) {
        <pt-failure [error]="list.error()" (retry)="list.reload()" />
      } @else {
        <div class="stack-tight" role="status" [attr.aria-label]="t('loading')">
          @for (place of [1, 2, 3, 4, 5]; track place) {
            <div class="skeleton skeleton-screening"></div>
          }
        </div>
      }
    </main>
  `,
})
export class ChooseScreening {
  protected readonly formats = inject(Formats);
  protected readonly session = inject(Session);
  private readonly api = inject(Api);
  private readonly kept = keptList();
  protected readonly list = remote(
    () => 'today',
    (_wish, signal) => this.api.get<{ screenings: DoorScreening[] }>('/api/door/screenings', {}, signal),
  );
  protected readonly showEarlier = signal(false);
  protected readonly gateName = signal(recall('gate') ?? '');
  protected readonly theater = signal(Number(recall('door-theater')) || null);
  private readonly all = computed(() => {
    const fresh = this.list.value()?.screenings;
    if (fresh) return fresh;
    return this.list.error() && this.kept ? this.kept.screenings : undefined;
  });
  protected readonly keptAt = computed(() => {
    if (!this.list.error()) return null;
    return this.list.value() ? this.list.loadedAt() : (this.kept?.at ?? null);
  });
  protected readonly theaters = computed(() => theatersOf(this.all() ?? []));
  protected readonly screenings = computed(() => {
    const chosen = this.theaters().some((one) => one.theaterId === this.theater()) ? this.theater() : null;
    return this.all()?.filter((one) => chosen === null || one.theaterId === chosen);
  });
  protected readonly parts = computed(() => {
    const on = whatIsOn(this.screenings() ?? [], Date.now());
    return (['now', 'later', 'earlier'] as const).map((name) => ({ name, screenings: on[name] }));
  });

  constructor() {
    keepFresh(() => this.list.reload(), 20_000);
    effect(() => {
      const fresh = this.list.value()?.screenings;
      if (fresh) keepList(fresh);
    });
  }

  protected nameGate(name: string): void {
    this.gateName.set(name);
    remember('gate', name.trim() || null);
  }

  protected choose(theaterId: number | null): void {
    this.theater.set(theaterId);
    remember('door-theater', theaterId === null ? null : String(theaterId));
  }

  protected async signOut(): Promise<void> {
    await this.session.signOut().catch(() => undefined);
  }
}
