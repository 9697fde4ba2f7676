import { Component, computed, inject, input, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { AdminOrderList } from '#contracts/admin';
import type { OrderView } from '#contracts/orders';
import { Api } from '../../api/api.ts';
import { remote } from '../../api/remote.ts';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { Button, Dialog, Failure, Field, Icon, Input, Stale, Toasts } from '../../ui/index.ts';
import { keepFresh } from '../keep-fresh.ts';
import { StateBadge } from '../state-badge.ts';

const FRESH_MS = 10_000;
const REASON_MIN = 3;

/** /admin/pedidos/:id: what was bought, what happened, and giving the money back. */
@Component({
  selector: 'pt-order-page',
  imports: [Button, Dialog, Failure, Field, Icon, Input, RouterLink, Stale, StateBadge, TranslocoDirective],
  template: `
    <div class="page stack" *transloco="let t; prefix: 'backOffice.order'">
      <a class="small office-back" routerLink="/admin/pedidos"><pt-icon name="back" [size]="16" /> {{ t('back') }}</a>
      @if (order.stale()) {
        <pt-stale [at]="formats.clock(order.loadedAt()!)" (retry)="order.reload()" />
      }
      @if (order.value(); as one) {
        <header class="row-apart page-head">
          <div class="stack-tight">
            <h1>{{ one.screening.movieTitle }}</h1>
            <p class="row"><pt-state-badge [state]="one.state" /> <span class="soft small mono">{{ one.orderId }}
            </span></p>
          </div>
          @if (one.state === 'paid') {
            <button ptButton="danger" type="button" (click)="asking.set(true)"><pt-icon
              name="undo" /> {{ t('refund') }}</button>
          }
        </header>
        <div class="two-columns">
          <div class="stack">
            <section class="card stack-tight" aria-labelledby="what">
              <h2 class="h-small" id="what">{{ t('screening') }}</h2>
              <p><a [routerLink]="['/admin/sessao', one.screeningId]">
                {{ formats.moment(one.screening.localDate, one.screening.localTime) }}</a></p>
              <p class="soft">{{ one.screening.theaterName }} · {{ one.screening.auditoriumName }}</p>
              @if (email(); as address) {
                <p class="soft">{{ t('buyer') }}: {{ address }}</p>
              }
            </section>
            <section class="card" aria-labelledby="seats">
              <h2 class="h-small" id="seats">{{ t('seats') }}</h2>
              <table class="table table-plain">
                <thead class="sr-only"><tr><th scope="col">{{ t('seat') }}</th><th scope="col">{{ t('kind') }}</th><th
                  scope="col">{{ t('price') }}</th></tr></thead>
                <tbody>
                  @for (line of one.lines; track line.seatNo; let index = $index) {
                    <tr><th scope="row" class="strong">{{ one.seatLabels[index] }}</th><td>
                      {{ language.say('backOffice.kinds.' + line.kind) }}</td><td class="number">
                        {{ formats.money(line.chargedCents) }}</td></tr>
                  }
                  <tr><th scope="row">{{ t('fee') }}</th><td></td><td class="number">{{ formats.money(one.feeCents) }}
                  </td></tr>
                  <tr><th scope="row" class="strong">{{ t('total') }}</th><td></td><td class="number strong">
                    {{ formats.money(one.totalCents) }}</td></tr>
                  @if (one.refundedCents > 0) {
                    <tr><th scope="row">{{ t('refunded') }}</th><td></td><td
                      class="number">−{{ formats.money(one.refundedCents) }}</td></tr>
                  }
                </tbody>
              </table>
            </section>
            @if (one.payment; as payment) {
              <section class="card stack-tight" aria-labelledby="payment">
                <h2 class="h-small" id="payment">{{ t('payment') }}</h2>
                <p>{{ t('methods.' + payment.method) }} · {{ t('payments.' + payment.state) }}</p>
                @if (payment.failureCode) {
                  <p class="soft small mono">{{ payment.failureCode }}</p>
                }
              </section>
            }
          </div>
          <section class="card stack" aria-labelledby="history">
            <h2 class="h-small" id="history">{{ t('history') }}</h2>
            <ol role="list" class="time-line">
              @for (step of one.history; track $index) {
                <li><span class="strong">{{ eventWords(step.event) }}</span><time class="small soft numbers"
                  [attr.datetime]="step.at">{{ formats.instant(step.at, one.screening.timeZone) }}</time></li>
              }
            </ol>
          </section>
        </div>
        <pt-dialog [open]="asking()" [title]="t('refundTitle')" (closed)="asking.set(false)">
          <form class="stack" (submit)="refund($event)">
            <p>{{ t('refundWhat') }}</p>
            <ul class="effects">
              <li>{{ t('effectMoney', { money: formats.money(one.totalCents - one.refundedCents) }) }}</li>
              <li>{{ seatsWords() }}</li>
              <li>{{ language.count('backOffice.order.effectTickets', one.lines.length) }}</li>
              <li>{{ t('effectMail') }}</li>
            </ul>
            <pt-field [label]="t('reason')" [error]="refusal()">
              <input ptInput #reason maxlength="200" autocomplete="off" [value]="why()"
                (input)="why.set(reason.value)" />
            </pt-field>
            <div class="dialog-actions">
              <button ptButton="secondary" type="button" (click)="asking.set(false)">{{ t('keep') }}</button>
              <button ptButton="danger" type="submit" [busy]="refunding()">
                {{ t('refundNow', { money: formats.money(one.totalCents - one.refundedCents) }) }}</button>
            </div>
          </form>
        </pt-dialog>
      } @else if (order.error()) {
        <h1 class="sr-only">{{ language.say('backOffice.orders.one') }}</h1>
        <pt-failure [error]="order.error()" (retry)="order.reload()" />
      } @else {
        <h1 class="sr-only">{{ language.say('backOffice.orders.one') }}</h1>
        <div class="skeleton skeleton-row" role="status" [attr.aria-label]="t('loading')"></div>
        <div class="two-columns"><div class="skeleton skeleton-chart"></div><div class="skeleton skeleton-chart">
        </div></div>
      }
    </div>
  `,
})
export class OrderPage {
  readonly id = input.required<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  protected readonly order = remote(
    () => this.id(),
    (id, signal) => this.api.get<OrderView>(`/api/admin/orders/${encodeURIComponent(id)}`, {}, signal),
  );
  private readonly listed = remote(
    () => this.id(),
    (id, signal) => this.api.post<AdminOrderList>('/api/admin/orders/search', { q: id }, { signal }),
  );
  protected readonly email = computed(
    () => this.listed.value()?.orders.find((order) => order.orderId === this.id())?.email ?? null,
  );
  protected readonly seatsWords = computed(() => {
    const labels = this.order.value()?.seatLabels ?? [];
    return this.language.count('backOffice.order.effectSeats', labels.length, { seats: labels.join(', ') });
  });
  protected readonly asking = signal(false);
  protected readonly refunding = signal(false);
  protected readonly why = signal('');
  protected readonly refusal = signal('');

  constructor() {
    keepFresh(() => this.order.reload(), FRESH_MS);
  }

  protected eventWords(event: string): string {
    const key = `backOffice.order.events.${event}`;
    const words = this.language.say(key);
    return words === key ? event : words;
  }

  protected async refund(event: Event): Promise<void> {
    event.preventDefault();
    const reason = this.why().trim();
    if (reason.length < REASON_MIN) {
      this.refusal.set(this.language.say('backOffice.order.reasonNeeded'));
      return;
    }
    this.refunding.set(true);
    this.refusal.set('');
    try {
      const path = `/api/admin/orders/${encodeURIComponent(this.id())}/refund`;
      await this.api.post(path, { reason }, { intention: 'refund' });
      this.asking.set(false);
      this.toasts.show('success', this.language.say('backOffice.order.refundDone'));
      this.order.reload();
    } catch (error) {
      this.refusal.set(this.language.problem(error));
    } finally {
      this.refunding.set(false);
    }
  }
}
