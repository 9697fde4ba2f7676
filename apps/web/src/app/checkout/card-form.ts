import {
  Component,
  DestroyRef,
  effect,
  ElementRef,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PaymentAttempt, PublicConfig } from '#contracts/payments';
import { Language } from '../language/language.ts';
import { Button, Icon } from '../ui/index.ts';
import { toldByTheForm } from './card-refusal.ts';
import { type StripeClient, type StripeElements, type StripeError, stripeClient, stripeLooks } from './providers.ts';

/** Stripe's Payment Element: card numbers never touch our page. */
@Component({
  selector: 'pt-card-form',
  imports: [Button, Icon, TranslocoDirective],
  template: `
    <div class="stack" *transloco="let t">
      @if (!ready() && !failed()) {
        <p class="row soft" role="status"><span class="spinner"></span> {{ t('pay.cardLoading') }}</p>
      }
      <div #place class="card-place"></div>
      <div aria-live="polite">
        @if (failed()) {
          <p class="notice notice-danger"><pt-icon name="alert" /> <span>{{ t('pay.cardFailed') }}</span></p>
          <button ptButton type="button" (click)="open()">{{ t('ui.tryAgain') }}</button>
        }
        @if (error()) { <p class="field-error"><pt-icon name="alert" [size]="18" /> {{ error() }}</p> }
      </div>
      @if (ready()) {
        <button ptButton="primary" size="large" class="button-wide" type="button" [busy]="busy()" (click)="confirm()">
          @if (busy()) { <span class="spinner"></span> {{ t('pay.confirming') }} }
          @else { {{ t('pay.payCard', { total: total() }) }} }
        </button>
      }
    </div>
  `,
})
export class CardForm {
  readonly attempt = input.required<PaymentAttempt>();
  readonly config = input.required<NonNullable<PublicConfig['stripe']>>();
  readonly total = input.required<string>();
  readonly settled = output();
  protected readonly language = inject(Language);
  private readonly place = viewChild<ElementRef<HTMLElement>>('place');
  protected readonly ready = signal(false);
  protected readonly failed = signal(false);
  protected readonly busy = signal(false);
  protected readonly error = signal('');
  private stripe: StripeClient | undefined;
  private elements: StripeElements | undefined;
  private destroy = () => {};

  constructor() {
    effect(() => {
      this.attempt();
      if (this.place()) untracked(() => void this.open());
    });
    inject(DestroyRef).onDestroy(() => this.destroy());
  }

  protected async open(): Promise<void> {
    this.destroy();
    this.ready.set(false);
    this.failed.set(false);
    try {
      this.stripe = await stripeClient(this.config(), this.language.code());
      const elements = this.stripe.elements({
        clientSecret: this.attempt().clientSecret,
        locale: this.language.code(),
        appearance: stripeLooks(),
      });
      const element = elements.create('payment', { layout: 'tabs' });
      element.on('ready', () => this.ready.set(true));
      element.on('loaderror', () => this.failed.set(true));
      element.mount(this.place()!.nativeElement);
      this.elements = elements;
      this.destroy = () => element.destroy();
    } catch {
      this.failed.set(true);
    }
  }

  protected async confirm(): Promise<void> {
    if (!this.stripe || !this.elements) return;
    this.busy.set(true);
    this.error.set('');
    const { error } = await this.stripe.confirmPayment({
      elements: this.elements,
      confirmParams: { return_url: `${location.origin}/pedido/${this.attempt().orderId}/retorno` },
      redirect: 'if_required',
    });
    this.busy.set(false);
    if (error && !toldByTheForm(error)) this.error.set(this.sentence(error));
    this.settled.emit();
  }

  /** Our own sentence for codes we know, else the provider's, which is written in the page's language. */
  private sentence(error: StripeError): string {
    for (const code of [error.decline_code, error.code]) {
      const key = `problems.${code}`;
      const text = code ? this.language.say(key) : key;
      if (text !== key) return text;
    }
    return error.message ?? this.language.say('problems.payment_refused');
  }
}
