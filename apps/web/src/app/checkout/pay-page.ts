import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { OrderView } from '#contracts/orders';
import type { PaymentAttempt, PaymentBody, PublicConfig } from '#contracts/payments';
import { Api } from '../api/api.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { remote } from '../api/remote.ts';
import { Formats } from '../language/formats.ts';
import { Language } from '../language/language.ts';
import { NotFound } from '../shell/not-found.ts';
import { Announcer, Button, Countdown, Empty, Failure, Icon, type IconName } from '../ui/index.ts';
import { CardForm } from './card-form.ts';
import { orderLive } from './order-live.ts';
import { OrderSummary } from './order-summary.ts';
import { PaypalButtonsView } from './paypal-buttons.ts';
import { PixCode } from './pix-code.ts';
import { seatKindsOf } from './seat-kinds.ts';

type Method = PaymentBody['method'];
const ICON_OF: Record<Method, IconName> = { pix: 'pix', card: 'card', paypal: 'globe' };

/** Paying one held order: Pix, card or PayPal, with the time left always in sight. */
@Component({
  selector: 'pt-pay-page',
  imports: [
    Button,
    CardForm,
    Countdown,
    Empty,
    Failure,
    Icon,
    NotFound,
    OrderSummary,
    PaypalButtonsView,
    PixCode,
    RouterLink,
    TranslocoDirective,
  ],
  templateUrl: './pay-page.html',
})
export class PayPage {
  readonly id = input.required<string>();
  protected readonly formats = inject(Formats);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly announcer = inject(Announcer);
  protected readonly iconOf = ICON_OF;

  protected readonly live = orderLive(this.id);
  protected readonly seatKinds = seatKindsOf(this.live.order);
  protected readonly config = remote(
    () => true,
    (_always, signal) => this.api.get<PublicConfig>('/api/config', {}, signal),
  );
  protected readonly methods = computed<Method[]>(() => {
    const config = this.config.value();
    if (!config) return [];
    return [...(config.stripe ? (['pix', 'card'] as const) : []), ...(config.paypal ? (['paypal'] as const) : [])];
  });
  /** Where a newcomer plays the bank, while the sandbox takes the providers' place. */
  protected readonly simulator = computed(() => {
    const stripe = this.config.value()?.stripe;
    return stripe?.sandbox ? new URL(stripe.scriptUrl, document.baseURI).origin : null;
  });
  protected readonly method = signal<Method>('pix');
  protected readonly attempt = signal<PaymentAttempt | null>(null);
  protected readonly busy = signal(false);
  /** The attempt at hand was asked for with the button, not found again after a reload. */
  protected readonly pressed = signal(false);
  protected readonly refusal = signal('');
  protected readonly unknown = computed(() => {
    const error = this.live.error();
    return error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  });
  /** What the bank said to the attempt at hand, when it was a no. */
  protected readonly failure = computed(() => {
    const payment = this.live.order()?.payment;
    if (payment?.state !== 'failed' || payment.attemptId !== this.attempt()?.attemptId) return '';
    const key = `problems.${payment.failureCode}`;
    const text = this.language.say(key);
    return text === key ? this.language.say('problems.payment_refused') : text;
  });

  constructor() {
    effect(() => {
      const order = this.live.order();
      if (order) untracked(() => this.follow(order));
    });
  }

  protected total(order: OrderView): string {
    return this.formats.money(order.totalCents);
  }

  protected choose(method: Method): void {
    if (method === this.method() && this.attempt()) return;
    this.method.set(method);
    this.attempt.set(null);
    this.refusal.set('');
    this.pressed.set(false);
    // Pix waits for its button, because a code on the screen invites paying; the forms of the others are only forms.
    if (method !== 'pix') void this.start();
  }

  protected press(): void {
    this.pressed.set(true);
    void this.start();
  }

  protected async start(): Promise<void> {
    const method = this.method();
    this.busy.set(true);
    this.refusal.set('');
    try {
      const path = `/api/orders/${this.id()}/payments`;
      const attempt = await this.api.post<PaymentAttempt>(path, { method });
      if (method === this.method()) this.attempt.set(attempt);
      if (attempt.state === 'captured') await this.live.refresh();
    } catch (error) {
      this.refusal.set(this.language.problem(error));
      if (error instanceof ApiProblem && error.status === 409) await this.live.refresh();
    }
    this.busy.set(false);
  }

  /** The provider's page says it went on: our server asks it, and the stream brings the truth. */
  protected async settle(): Promise<void> {
    const attempt = this.attempt();
    if (!attempt) return;
    await this.api.post(`/api/payments/${attempt.attemptId}/refresh`).catch(() => null);
    await this.live.refresh();
  }

  private follow(order: OrderView): void {
    if (order.state === 'paid') {
      this.announcer.say(this.language.say('pay.paidTitle'), 'assertive');
      void this.router.navigate(['/pedido', order.orderId], { replaceUrl: true, queryParams: { novo: 1 } });
      return;
    }
    // A reload in the middle of paying goes on with the same method; asking again gives the same live attempt.
    const payment = order.payment;
    const open = payment && ['created', 'submitted', 'requires_action'].includes(payment.state);
    if (open && !this.attempt() && !this.busy() && payment.method !== 'none' && this.live.payable()) {
      this.method.set(payment.method);
      void this.start();
    }
  }
}
