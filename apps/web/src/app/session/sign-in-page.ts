import { Component, computed, effect, inject, input } from '@angular/core';
import { Router } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { safeReturn } from './safe-return.ts';
import { Session } from './session.ts';
import { SignInForm } from './sign-in-form.ts';

@Component({
  selector: 'pt-sign-in-page',
  imports: [SignInForm, TranslocoDirective],
  template: `<div class="page page-narrow" *transloco="let t">
    <div class="card card-roomy stack">
      <h1>{{ t('signIn.title') }}</h1>
      <pt-sign-in-form (done)="goOn()" />
    </div>
  </div>`,
})
export class SignInPage {
  readonly volta = input('');
  private readonly router = inject(Router);
  private readonly session = inject(Session);
  private readonly back = computed(() => safeReturn(this.volta()));

  constructor() {
    effect(() => {
      if (this.session.identified()) this.goOn();
    });
  }

  protected goOn(): void {
    void this.router.navigateByUrl(this.back(), { replaceUrl: true });
  }
}
