import { Component, computed, inject, input, model, output, signal } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PlannedSeat, SeatKind } from '#contracts/seat-plan';
import { BUYER_TICKET_KINDS, type BuyerTicketKind, chargedCents } from '../contracts.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { Button, Icon } from '../ui/index.ts';
import { type ChosenSeat, halfPriceLeft, type Prices, priceOf, totals, withKind } from './seat-map-selection.ts';

/** What is chosen, of which kind, what it costs with the fee, and the one button. A sheet on phones, else a column. */
@Component({
  selector: 'pt-order-panel',
  imports: [Button, Icon, TranslocoDirective],
  templateUrl: './order-panel.html',
  host: { class: 'order-panel', '[class.order-panel-open]': 'open()' },
})
export class OrderPanel {
  readonly chosen = model.required<readonly ChosenSeat[]>();
  readonly seats = input.required<readonly PlannedSeat[]>();
  readonly prices = input.required<Prices>();
  readonly halfPrice = input.required<{ quota: number; used: number }>();
  /** Without a sale the choice stays to be seen, but goes nowhere. */
  readonly onSale = input(true);
  readonly busy = input(false);
  readonly refusal = input('');
  readonly lonely = input<readonly string[]>([]);
  readonly pay = output();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  protected readonly kinds = BUYER_TICKET_KINDS;
  protected readonly open = signal(false);
  protected readonly sums = computed(() => totals(this.chosen(), this.prices()));
  protected readonly halfLeft = computed(() => halfPriceLeft(this.halfPrice(), this.chosen()));
  private readonly byNo = computed(() => new Map(this.seats().map((seat) => [seat.no, seat])));
  protected readonly labels = computed(() => this.chosen().map((seat) => this.label(seat.seatNo)));
  protected readonly specials = computed(() =>
    this.chosen().flatMap(({ seatNo }) => {
      const kind = this.special(seatNo);
      return kind ? [{ label: this.label(seatNo), kind }] : [];
    }),
  );
  /** What to bring, once for each kind. */
  protected readonly proofs = computed(() => [
    ...new Set(this.chosen().flatMap((seat) => (seat.kind === 'full' ? [] : [seat.kind]))),
  ]);
  protected readonly half = computed(() => this.chosen().filter((seat) => seat.kind !== 'full').length);

  protected label(no: number): string {
    return this.byNo().get(no)?.label ?? String(no);
  }

  /** The kind of place, where it is not a seat like the others: nobody shall buy one without having read it. */
  protected special(no: number): SeatKind | null {
    const kind = this.byNo().get(no)?.kind ?? 'standard';
    return kind === 'standard' ? null : kind;
  }

  protected charged(seat: ChosenSeat): number {
    return chargedCents(seat.kind, priceOf(this.prices(), seat.seatNo));
  }

  protected change(seatNo: number, kind: string): void {
    this.chosen.set(withKind(this.chosen(), seatNo, kind as BuyerTicketKind));
  }

  protected drop(seatNo: number): void {
    this.chosen.set(this.chosen().filter((seat) => seat.seatNo !== seatNo));
    if (this.chosen().length === 0) this.open.set(false);
  }
}
