import { Component, inject, input } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { OrderView } from '#contracts/orders';
import { Formats } from '../language/formats.ts';
import { Poster } from '../ui/index.ts';

/** What is bought: the screening, each seat with its kind, fee and total. */
@Component({
  selector: 'pt-order-summary',
  imports: [Poster, TranslocoDirective],
  template: `
    <section class="card stack" *transloco="let t" [attr.aria-label]="t('pay.summary')">
      <div class="summary-head">
        <pt-poster [title]="order().screening.movieTitle" [url]="order().screening.posterUrl" />
        <div class="stack-tight">
          <h2 class="summary-title">{{ order().screening.movieTitle }}</h2>
          <p class="small">{{ formats.moment(order().screening.localDate, order().screening.localTime) }}</p>
          <p class="small soft">{{ order().screening.theaterName }}, {{ order().screening.auditoriumName }}</p>
        </div>
      </div>
      <dl class="order-sums">
        @for (line of order().lines; track line.seatNo) {
          <div><dt><b>{{ order().seatLabels[$index] }}</b> · {{ t('kind.' + line.kind) }}</dt>
            <dd class="numbers">{{ formats.money(line.chargedCents) }}</dd></div>
        }
        <div class="soft"><dt>{{ t('panel.fee') }}</dt>
          <dd class="numbers">{{ formats.money(order().feeCents) }}</dd></div>
        <div class="summary-total"><dt>{{ t('panel.total') }}</dt>
          <dd class="numbers">{{ formats.money(order().totalCents) }}</dd></div>
      </dl>
    </section>
  `,
})
export class OrderSummary {
  readonly order = input.required<OrderView>();
  protected readonly formats = inject(Formats);
}
