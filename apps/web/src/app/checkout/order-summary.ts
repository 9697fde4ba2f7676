import { Component, inject, input } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { OrderView } from '#contracts/orders';
import type { SeatKind } from '#contracts/seat-plan';
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
          <div><dt><b>{{ order().seatLabels[$index] }}</b> · {{ t('kind.' + line.kind) }}
            @if (special(line.seatNo); as kind) { <br /><span class="small soft">{{ t('seats.kind.' + kind) }}</span> }</dt>
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
  readonly seatKinds = input<ReadonlyMap<number, SeatKind>>(new Map());
  protected readonly formats = inject(Formats);

  /** The kind of place, where it is not a seat like the others. */
  protected special(seatNo: number): SeatKind | null {
    const kind = this.seatKinds().get(seatNo) ?? 'standard';
    return kind === 'standard' ? null : kind;
  }
}
