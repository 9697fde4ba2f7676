import { Component, computed, effect, inject, input, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { OrderView } from '#contracts/orders';
import type { TicketView } from '#contracts/tickets';
import { Api } from '../api/api.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { remote } from '../api/remote.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { BrightQr } from '../my-tickets/bright-qr.ts';
import { TicketStub } from '../my-tickets/ticket-stub.ts';
import { NotFound } from '../shell/not-found.ts';
import { Button, Countdown, Failure, Icon, Toasts } from '../ui/index.ts';
import { orderLive } from './order-live.ts';
import { OrderSummary } from './order-summary.ts';
import { seatKindsOf } from './seat-kinds.ts';

const BADGE: Record<OrderView['state'], string> = {
  held: 'badge-warning',
  awaiting_payment: 'badge-warning',
  paid: 'badge-success',
  expired: 'badge-danger',
  cancelled: 'badge-danger',
  refunded: 'badge-info',
};

/** One order as it lives: tickets at once when paid, what to bring, and what happened when. */
@Component({
  selector: 'pt-order-page',
  imports: [
    BrightQr,
    Button,
    Countdown,
    Failure,
    Icon,
    NotFound,
    OrderSummary,
    RouterLink,
    TicketStub,
    TranslocoDirective,
  ],
  templateUrl: './order-page.html',
})
export class OrderPage {
  readonly id = input.required<string>();
  readonly novo = input('');
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly toasts = inject(Toasts);
  protected readonly badge = BADGE;
  protected readonly live = orderLive(this.id);
  protected readonly seatKinds = seatKindsOf(this.live.order);
  protected readonly hasTickets = computed(() => ['paid', 'refunded'].includes(this.live.order()?.state ?? ''));
  protected readonly tickets = remote(
    () => (this.hasTickets() ? { id: this.id(), state: this.live.order()?.state } : undefined),
    (wish, signal) =>
      this.api
        .get<TicketView[] | { tickets: TicketView[] }>(`/api/orders/${wish.id}/tickets`, {}, signal)
        .then((answer) => (Array.isArray(answer) ? answer : answer.tickets)),
  );
  protected readonly shown = signal<number | null>(null);
  protected readonly unknown = computed(() => {
    const error = this.live.error();
    return error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  });
  protected readonly kinds = computed(() => [...new Set((this.live.order()?.lines ?? []).map((line) => line.kind))]);
  protected readonly canShare = 'share' in navigator || 'clipboard' in navigator;

  constructor() {
    // Tickets are issued in the transaction of the payment, but a copy of the database may lag: ask again for a while.
    effect((cleanUp) => {
      if (this.live.order()?.state !== 'paid' || this.tickets.loading() || (this.tickets.value()?.length ?? 0) > 0)
        return;
      const timer = setTimeout(() => this.tickets.reload(), 1500);
      cleanUp(() => clearTimeout(timer));
    });
  }

  protected address(order: OrderView): string {
    return [order.screening.theaterName, order.screening.theaterAddress].filter(Boolean).join(', ');
  }

  protected async share(order: OrderView): Promise<void> {
    const text = this.language.say('order.shareText', {
      movie: order.screening.movieTitle,
      moment: this.formats.moment(order.screening.localDate, order.screening.localTime),
      theater: order.screening.theaterName,
      seats: order.seatLabels.join(', '),
    });
    try {
      if ('share' in navigator) await navigator.share({ text });
      else {
        await (navigator as Navigator).clipboard.writeText(text);
        this.toasts.show('success', this.language.say('order.shared'));
      }
    } catch {
      // The person closed the share sheet: nothing to say.
    }
  }
}
