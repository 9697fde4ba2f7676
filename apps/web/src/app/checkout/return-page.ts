import { Component, effect, inject, input } from '@angular/core';
import { Router } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Api } from '../api/api.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { orderLive } from './order-live.ts';

/** Where a bank's page sends people back. It proves nothing: the server asks the provider, and we show the truth. */
@Component({
  selector: 'pt-return-page',
  imports: [TranslocoDirective],
  template: `<div class="page page-narrow" *transloco="let t">
    <h1 class="sr-only">{{ t('pay.title') }}</h1>
    <p class="row" role="status"><span class="spinner"></span> {{ t('pay.confirming') }}</p>
  </div>`,
})
export class ReturnPage {
  readonly id = input.required<string>();
  private readonly api = inject(Api);
  private readonly router = inject(Router);
  private readonly live = orderLive(this.id);
  private asked = false;

  constructor() {
    effect(() => {
      const order = this.live.order();
      const error = this.live.error();
      if (error instanceof ApiProblem && error.status > 0) void this.router.navigate(['/pedido', this.id()]);
      if (order && !this.asked) {
        this.asked = true;
        void this.ask(order.payment?.attemptId ?? null);
      }
    });
  }

  private async ask(attemptId: string | null): Promise<void> {
    if (attemptId) await this.api.post(`/api/payments/${attemptId}/refresh`).catch(() => null);
    await this.live.refresh();
    const payable = this.live.payable();
    await this.router.navigate(['/pedido', this.id(), ...(payable ? ['pagar'] : [])], { replaceUrl: true });
  }
}
