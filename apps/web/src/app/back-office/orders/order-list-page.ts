import { Location } from '@angular/common';
import { Component, computed, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { AdminOrderList } from '#contracts/admin';
import { Api } from '../../api/api.ts';
import { remote } from '../../api/remote.ts';
import { ORDER_STATES } from '../../contracts.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { Button, Chip, Empty, Failure, Field, Icon, Input, Stale, Toasts } from '../../ui/index.ts';
import { keepFresh } from '../keep-fresh.ts';
import { Pages } from '../pages.ts';
import { StateBadge } from '../state-badge.ts';
import { saveAs } from '../save-as.ts';
import { addressOf, fileOf, type OrderFilter, questionOf, readFilter, turnSort } from './order-filter.ts';

const FRESH_MS = 20_000;
const TYPING_PAUSE_MS = 250;

/** /admin/pedidos: find an order. The address holds the choice but the question, which may be somebody's e-mail. */
@Component({
  selector: 'pt-order-list-page',
  imports: [Button, Chip, Empty, Failure, Field, Icon, Input, Pages, RouterLink, Stale, StateBadge, TranslocoDirective],
  template: `
    <div class="page stack" *transloco="let t; prefix: 'backOffice.orders'">
      <header class="row-apart page-head">
        <h1>{{ t('title') }}</h1>
        <button ptButton="secondary" size="small" type="button" [busy]="saving()" (click)="save()"><pt-icon
          name="download" [size]="18" /> {{ t('csv') }}</button>
      </header>
      <search class="stack-tight">
        <pt-field [label]="t('search')" [quietLabel]="true">
          <input ptInput #q type="search" maxlength="200" autocomplete="off" [placeholder]="t('searchExample')"
            [value]="filter().q" (input)="searchSoon(q.value)" />
        </pt-field>
        <div class="chips" role="group" [attr.aria-label]="t('stateFilter')">
          <button ptChip [pressed]="filter().state === ''" (click)="go({ state: '', page: 1 })">{{ t('anyState') }}
          </button>
          @for (state of states; track state) {
            <button ptChip [pressed]="filter().state === state" (click)="go({ state, page: 1 })">
              {{ t('states.' + state) }}</button>
          }
        </div>
      </search>
      @if (list.stale()) {
        <pt-stale [at]="formats.clock(list.loadedAt()!)" (retry)="list.reload()" />
      }
      @if (list.value(); as found) {
        <p class="small soft numbers" role="status">{{ t('found', { count: formats.number(found.total) }) }}</p>
        @if (found.orders.length > 0) {
          <div class="table-frame" role="group" tabindex="0" [attr.aria-label]="t('title')"
            [attr.aria-busy]="list.loading()">
            <table class="table table-cards">
              <thead>
                <tr>
                  <th scope="col">{{ t('order') }}</th>
                  <th scope="col">{{ t('state') }}</th>
                  <th scope="col" [attr.aria-sort]="sortOf('starts')"><button type="button" class="sort"
                    (click)="sort('starts')">{{ t('screening') }} @if (sortOf('starts'); as way) {<pt-icon name="down"
                      [size]="14" [class.sort-up]="way === 'ascending'" />}</button></th>
                  <th scope="col" class="number">{{ t('seats') }}</th>
                  <th scope="col" class="number" [attr.aria-sort]="sortOf('total')"><button type="button" class="sort"
                    (click)="sort('total')">{{ t('total') }} @if (sortOf('total'); as way) {<pt-icon name="down"
                      [size]="14" [class.sort-up]="way === 'ascending'" />}</button></th>
                  <th scope="col" [attr.aria-sort]="sortOf('created')"><button type="button" class="sort"
                    (click)="sort('created')">{{ t('created') }} @if (sortOf('created'); as way) {<pt-icon name="down"
                      [size]="14" [class.sort-up]="way === 'ascending'" />}</button></th>
                </tr>
              </thead>
              <tbody>
                @for (order of found.orders; track order.orderId) {
                  <tr>
                    <td class="cell-main">
                      <a class="strong" [routerLink]="['/admin/pedidos', order.orderId]">
                        {{ order.email || t('noEmail') }}</a>
                      <span class="small soft mono">{{ order.orderId.slice(0, 18) }}</span>
                    </td>
                    <td><pt-state-badge [state]="order.state" /></td>
                    <td><a [routerLink]="['/admin/sessao', order.screeningId]">{{ order.movieTitle }}</a><br /><span
                      class="small soft">{{ order.theaterName }} · {{ formats.instant(order.startsAt) }}</span></td>
                    <td class="number" [attr.data-label]="t('seats')">{{ order.seatCount }}</td>
                    <td class="number" [attr.data-label]="t('total')">{{ formats.money(order.totalCents) }}</td>
                    <td class="numbers nowrap small soft">{{ formats.instant(order.createdAt) }}</td>
                  </tr>
                }
              </tbody>
            </table>
          </div>
          <pt-pages [page]="found.page" [pageSize]="found.pageSize" [total]="found.total"
            (turned)="go({ page: $event })" />
        } @else {
          <pt-empty icon="ticket" [title]="t(filtered() ? 'noneFound' : 'none')"
            [text]="t(filtered() ? 'noneFoundText' : 'noneText')">
            @if (filtered()) {
              <button ptButton="secondary" type="button" (click)="go({ q: '', state: '', page: 1 })">{{ t('clear') }}
              </button>
            }
          </pt-empty>
        }
      } @else if (list.error()) {
        <pt-failure [error]="list.error()" (retry)="list.reload()" />
      } @else {
        <div class="stack-tight" role="status" [attr.aria-label]="t('loading')">
          @for (place of [1, 2, 3, 4, 5, 6, 7, 8]; track place) {
            <div class="skeleton skeleton-row"></div>
          }
        </div>
      }
    </div>
  `,
})
export class OrderListPage {
  readonly estado = input<string>();
  readonly ordem = input<string>();
  readonly pagina = input<string>();
  protected readonly formats = inject(Formats);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly location = inject(Location);
  private readonly toasts = inject(Toasts);
  private readonly language = inject(Language);
  private readonly q = signal(questionOf(this.location.getState()));
  private typing: ReturnType<typeof setTimeout> | undefined;

  protected readonly states = ORDER_STATES;
  protected readonly filter = computed(() =>
    readFilter(this.q(), {
      ...(this.estado() ? { estado: this.estado()! } : {}),
      ...(this.ordem() ? { ordem: this.ordem()! } : {}),
      ...(this.pagina() ? { pagina: this.pagina()! } : {}),
    }),
  );
  protected readonly filtered = computed(() => this.filter().q !== '' || this.filter().state !== '');
  protected readonly saving = signal(false);
  protected readonly list = remote(
    () => this.filter(),
    (filter, signal) => this.api.post<AdminOrderList>('/api/admin/orders/search', filter, { signal }),
  );

  constructor() {
    keepFresh(() => this.list.reload(), FRESH_MS);
  }

  protected searchSoon(q: string): void {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.go({ q: q.trim(), page: 1 }, true), TYPING_PAUSE_MS);
  }

  protected go(change: Partial<OrderFilter>, replaceUrl = false): void {
    clearTimeout(this.typing);
    const filter = { ...this.filter(), ...change };
    this.q.set(filter.q);
    void this.router.navigate([], {
      queryParams: addressOf(filter),
      queryParamsHandling: 'merge',
      replaceUrl,
      state: { q: filter.q },
      // The question alone changes no address, but must reach the history entry.
      onSameUrlNavigation: 'reload',
    });
  }

  protected async save(): Promise<void> {
    this.saving.set(true);
    try {
      saveAs(await this.api.download('/api/admin/orders/search.csv', fileOf(this.filter())), 'poltrona-pedidos.csv');
    } catch (error) {
      this.toasts.show('danger', this.language.problem(error));
    }
    this.saving.set(false);
  }

  protected sort(column: 'created' | 'starts' | 'total'): void {
    this.go({ sort: turnSort(this.filter().sort, column), page: 1 });
  }

  protected sortOf(column: string): 'ascending' | 'descending' | null {
    if (this.filter().sort === column) return 'ascending';
    return this.filter().sort === `-${column}` ? 'descending' : null;
  }
}
