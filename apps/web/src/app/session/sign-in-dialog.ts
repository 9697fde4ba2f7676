import { Component, inject } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Dialog } from '../ui/index.ts';
import { Session } from './session.ts';
import { SignInForm } from './sign-in-form.ts';

/** Sign-in over the page, so that what was chosen stays chosen. Opened by `Session.requireBuyer()`. */
@Component({
  selector: 'pt-sign-in-dialog',
  imports: [Dialog, SignInForm, TranslocoDirective],
  template: `
    <ng-container *transloco="let t">
      <pt-dialog [open]="session.asking()" [title]="t('signIn.title')" shape="sheet" (closed)="session.answer(false)">
        @if (session.asking()) { <pt-sign-in-form (done)="session.answer(true)" /> }
      </pt-dialog>
    </ng-container>
  `,
})
export class SignInDialog {
  protected readonly session = inject(Session);
}
