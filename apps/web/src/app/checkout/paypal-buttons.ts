import {
  Component,
  DestroyRef,
  effect,
  type ElementRef,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PaymentAttempt, PublicConfig } from '#contracts/payments';
import { Api } from '../api/api.ts';
import { Language } from '../language/language.ts';
import { Button, Icon } from '../ui/index.ts';
import { paypalClient } from './providers.ts';

/** PayPal's own buttons. The PayPal order was made by our server; approving it moves no money until we capture. */
@Component({
  selector: 'pt-paypal-buttons',
  imports: [Button, Icon, TranslocoDirective],
  template: `
    <div class="stack" *transloco="let t">
      <div #place class="paypal-place"></div>
      @if (confirming()) {
        <p class="row soft" role="status"><span class="spinner"></span> {{ t('pay.confirming') }}</p>
      }
      <div aria-live="polite">
        @if (failed()) {
          <p class="notice notice-danger"><pt-icon name="alert" /> <span>{{ t('pay.paypalFailed') }}</span></p>
          <button ptButton type="button" (click)="open()">{{ t('ui.tryAgain') }}</button>
        }
        @if (error()) { <p class="field-error"><pt-icon name="alert" [size]="18" /> {{ error() }}</p> }
      </div>
    </div>
  `,
})
export class PaypalButtonsView {
  readonly attempt = input.required<PaymentAttempt>();
  readonly config = input.required<NonNullable<PublicConfig['paypal']>>();
  readonly settled = output();
  private readonly api = inject(Api);
  private readonly language = inject(Language);
  private readonly place = viewChild<ElementRef<HTMLElement>>('place');
  protected readonly failed = signal(false);
  protected readonly confirming = signal(false);
  protected readonly error = signal('');
  private close = () => {};

  constructor() {
    effect(() => {
      this.attempt();
      if (this.place()) untracked(() => void this.open());
    });
    inject(DestroyRef).onDestroy(() => this.close());
  }

  protected async open(): Promise<void> {
    this.failed.set(false);
    this.close();
    try {
      const paypal = await paypalClient(this.config());
      const buttons = paypal.Buttons({
        createOrder: () => Promise.resolve(this.attempt().paypalOrderId ?? ''),
        onApprove: () => this.capture(),
        onCancel: () => this.settled.emit(),
        onError: () => this.error.set(this.language.say('problems.payment_refused')),
      });
      this.place()!.nativeElement.replaceChildren();
      await buttons.render(this.place()!.nativeElement);
      this.close = () => buttons.close?.();
    } catch {
      this.failed.set(true);
    }
  }

  private async capture(): Promise<void> {
    this.confirming.set(true);
    this.error.set('');
    try {
      await this.api.post(`/api/payments/${this.attempt().attemptId}/capture`);
    } catch (error) {
      this.error.set(this.language.problem(error));
    }
    this.confirming.set(false);
    this.settled.emit();
  }
}
