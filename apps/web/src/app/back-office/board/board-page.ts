import { Component, computed, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { Board } from '#contracts/admin';
import { Api } from '../../api/api.ts';
import { remote } from '../../api/remote.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { BarsAndLine, type HeatRow, HeatStrip } from '../../ui/charts/index.ts';
import { Button, Empty, Failure, Icon, Stale } from '../../ui/index.ts';
import { keepFresh } from '../keep-fresh.ts';
import {
  againstLastWeek,
  bestHour,
  type BoardAlert,
  byTheater,
  groupAlerts,
  inCinemaOrder,
  shareSold,
} from './board-figures.ts';

const FRESH_MS = 15_000;
const THEATERS_SHOWN = 12; // More would be a wall; the rest is one tap away.

/** /admin: what happens today, renewed by itself. */
@Component({
  selector: 'pt-board-page',
  imports: [BarsAndLine, Button, Empty, Failure, HeatStrip, Icon, RouterLink, Stale, TranslocoDirective],
  template: `
    <div class="page stack-loose" *transloco="let t; prefix: 'backOffice.board'">
      <header class="row-apart page-head">
        <div>
          <h1>{{ t('title') }}</h1>
          @if (board.value(); as today) {
            <p class="soft">{{ formats.day(today.day, 'long') }}</p>
          }
        </div>
        @if (board.loadedAt(); as at) {
          <p class="small soft numbers fresh" [class.fresh-off]="board.stale()">
            <i class="fresh-dot"></i>{{ t('asOf', { at: formats.clock(at) }) }}
          </p>
        }
      </header>
      @if (board.stale()) {
        <pt-stale [at]="formats.clock(board.loadedAt()!)" (retry)="board.reload()" />
      }
      @if (board.value(); as today) {
        @if (today.alerts.length > 0) {
          <section aria-labelledby="alerts">
            <h2 class="sr-only" id="alerts">{{ t('alerts') }}</h2>
            <ul role="list" class="stack-tight">
              @for (alert of alerts(); track $index) {
                <li class="notice notice-warning board-alert">
                  <pt-icon name="alert" />
                  <div><span class="strong">{{ alertWords(alert) }}</span></div>
                  <span class="small soft numbers nowrap">{{ formats.instant(alert.at) }}</span>
                </li>
              }
            </ul>
          </section>
        }
        <dl class="figures">
          <div class="card figure figure-loud">
            <dt>{{ t('money') }}</dt>
            <dd class="numbers">{{ formats.money(today.grossCents) }}</dd>
            <dd class="small soft numbers">
              {{ t('moneyNote', moneyNote()) }}</dd>
          </div>
          <div class="card figure">
            <dt>{{ t('tickets') }}</dt>
            <dd class="numbers">{{ formats.number(today.ticketsSold) }}</dd>
            <dd class="small soft">{{ comparison() }}</dd>
          </div>
          <div class="card figure">
            <dt>{{ t('orders') }}</dt>
            <dd class="numbers">{{ formats.number(today.ordersPaid) }}</dd>
            <dd class="small"><a routerLink="/admin/pedidos">{{ t('seeOrders') }}</a></dd>
          </div>
          <div class="card figure">
            <dt>{{ t('admitted') }}</dt>
            <dd class="numbers">{{ formats.number(today.admitted) }}</dd>
            <dd class="small soft">{{ t('admittedNote') }}</dd>
          </div>
        </dl>
        <section class="card">
          <pt-bars-and-line [title]="t('perHour')" [summary]="chartWords()" [labels]="hourLabels"
            [labelName]="t('hour')"
            [bars]="bars()" [barsName]="t('today')" [lineValues]="line()" [lineName]="t('lastWeek')" />
        </section>
        <section class="card stack" aria-labelledby="occupancy">
          <div class="row-apart">
            <h2 class="h-small" id="occupancy">{{ t('occupancy') }}</h2>
            <a class="small" routerLink="/admin/programacao">{{ t('seeProgramme') }}</a>
          </div>
          @if (today.screenings.length === 0) {
            <pt-empty icon="calendar" [title]="t('noScreenings')" [text]="t('noScreeningsText')">
              <a ptButton="primary" routerLink="/admin/importar">{{ t('import') }}</a>
            </pt-empty>
          } @else {
            <pt-heat-strip [label]="t('occupancy')" [rows]="rows()" />
            @if (hiddenTheaters() > 0) {
              <button ptButton="secondary" type="button" (click)="all.set(true)">
                {{ t('moreTheaters', { count: hiddenTheaters() }) }}
              </button>
            }
          }
        </section>
      } @else if (board.error()) {
        <pt-failure [error]="board.error()" (retry)="board.reload()" />
      } @else {
        <div class="figures" role="status" [attr.aria-label]="t('loading')">
          @for (place of [1, 2, 3, 4]; track place) {
            <div class="skeleton skeleton-figure"></div>
          }
        </div>
        <div class="skeleton skeleton-chart"></div>
        <div class="skeleton skeleton-chart"></div>
      }
    </div>
  `,
})
export class BoardPage {
  protected readonly language = inject(Language);
  protected readonly formats = inject(Formats);
  private readonly api = inject(Api);
  protected readonly board = remote(
    () => 'today',
    (_wish, signal) => this.api.get<Board>('/api/admin/board', {}, signal),
  );
  protected readonly alerts = computed(() => groupAlerts(this.board.value()?.alerts ?? []));
  protected readonly all = signal(false);
  protected readonly hourLabels = inCinemaOrder(Array.from({ length: 24 }, (_, hour) => `${hour}h`));
  protected readonly bars = computed(() => inCinemaOrder(this.board.value()?.salesPerHour ?? []));
  protected readonly line = computed(() => inCinemaOrder(this.board.value()?.salesPerHourLastWeek ?? []));
  private readonly theaters = computed(() => byTheater(this.board.value()?.screenings ?? []));
  protected readonly hiddenTheaters = computed(() =>
    this.all() ? 0 : Math.max(0, this.theaters().length - THEATERS_SHOWN),
  );
  protected readonly rows = computed<HeatRow[]>(() =>
    this.theaters()
      .slice(0, this.all() ? undefined : THEATERS_SHOWN)
      .map(({ theater, screenings }) => ({
        name: theater,
        cells: screenings.map((screening) => ({
          key: screening.screeningId,
          link: `/admin/sessao/${screening.screeningId}`,
          label: this.formats.time(screening.localTime),
          title: `${screening.movieTitle}, ${screening.auditoriumName}`,
          share: shareSold(screening),
          note: screening.status === 'on_sale' ? '' : this.language.say(`backOffice.status.${screening.status}`),
        })),
      })),
  );
  protected readonly comparison = computed(() => {
    const board = this.board.value();
    const share = board ? againstLastWeek(board, new Date(this.board.loadedAt() ?? 0).getHours()) : null;
    if (share === null) return this.language.say('backOffice.board.noLastWeek');
    const percent = this.formats.number(Math.abs(Math.round(share * 100)));
    return this.language.say(`backOffice.board.${share < 0 ? 'less' : 'more'}`, { percent });
  });
  protected readonly moneyNote = computed(() => ({
    fee: this.formats.money(this.board.value()?.feeCents ?? 0),
    refunded: this.formats.money(this.board.value()?.refundedCents ?? 0),
  }));
  protected readonly chartWords = computed(() => {
    const best = bestHour(this.board.value()?.salesPerHour ?? []);
    if (!best) return this.language.say('backOffice.board.noSales');
    return this.language.say('backOffice.board.bestHour', {
      hour: `${best.hour}h`,
      count: this.formats.number(best.count),
    });
  });

  constructor() {
    keepFresh(() => this.board.reload(), FRESH_MS);
  }

  protected alertWords(alert: BoardAlert): string {
    if (alert.count > 1) return this.language.count('backOffice.alerts.importsWithErrors', alert.count);
    const key = `backOffice.alerts.${alert.code}`;
    const words = this.language.say(key, { subject: alert.subject });
    return words === key ? this.language.say('backOffice.alerts.other', alert) : words;
  }
}
