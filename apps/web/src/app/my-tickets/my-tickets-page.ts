import { Component, computed, effect, inject, signal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { OrderView } from '#contracts/orders';
import type { TicketView } from '#contracts/tickets';
import { Api } from '../api/api.ts';
import { remote } from '../api/remote.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { Session } from '../session/session.ts';
import { Button, Empty, Failure, Icon, Poster } from '../ui/index.ts';
import { BrightQr } from './bright-qr.ts';
import { keepTickets, recallTickets } from './kept-tickets.ts';
import { asOutings, type Outing } from './outings.ts';
import { TicketStub } from './ticket-stub.ts';

/** All tickets, next ones first; without a network the ones kept on this device. */
@Component({
  selector: 'pt-my-tickets-page',
  imports: [BrightQr, Button, Empty, Failure, Icon, Poster, RouterLink, TicketStub, TranslocoDirective],
  templateUrl: './my-tickets-page.html',
})
export class MyTicketsPage {
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  protected readonly session = inject(Session);
  private readonly api = inject(Api);
  private readonly kept = recallTickets();
  protected readonly fresh = remote(
    () => this.session.account()?.accountId,
    (_account, signal) =>
      this.api
        .get<TicketView[] | { tickets: TicketView[] }>('/api/me/tickets', {}, signal)
        .then((answer) => (Array.isArray(answer) ? answer : answer.tickets)),
  );
  protected readonly orders = remote(
    () => this.session.account()?.accountId,
    (_account, signal) => this.api.get<OrderView[]>('/api/orders', {}, signal),
  );
  /** Orders that still wait for their payment. */
  protected readonly running = computed(() =>
    (this.orders.value() ?? []).filter((order) => order.state === 'held' || order.state === 'awaiting_payment'),
  );
  protected readonly fromDevice = computed(
    () => this.fresh.value() === undefined && this.kept !== null && this.allowed(),
  );
  protected readonly keptAt = computed(() => this.formats.clock(this.kept?.at ?? 0));
  protected readonly tickets = computed(
    () => this.fresh.value() ?? (this.fromDevice() && !this.waiting() ? this.kept!.tickets : undefined),
  );
  protected readonly outings = computed(() => asOutings(this.tickets() ?? [], Date.now()));
  protected readonly shown = signal<{ outing: Outing; at: number } | null>(null);
  private readonly waiting = computed(() => this.fresh.loading() && navigator.onLine && this.session.signedIn());

  constructor() {
    effect(() => {
      const tickets = this.fresh.value();
      const account = this.session.account();
      if (tickets && account) keepTickets(account.accountId, tickets);
    });
  }

  protected seats(outing: Outing): string {
    return outing.tickets.map((ticket) => ticket.seatLabel).join(', ');
  }

  protected async signIn(): Promise<void> {
    await this.session.requireBuyer();
  }

  /** Kept tickets are shown to their owner, and to nobody known when the network is away. */
  private allowed(): boolean {
    const account = this.session.account();
    return account ? account.accountId === this.kept?.accountId : !navigator.onLine || account === undefined;
  }
}
