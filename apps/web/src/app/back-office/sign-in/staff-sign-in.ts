import {
  afterNextRender,
  Component,
  computed,
  type ElementRef,
  inject,
  Injector,
  input,
  signal,
  viewChild,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import type { StaffStep } from '#contracts/accounts';
import { ApiProblem } from '../../api/api-problem.ts';
import { Language } from '../../language/language.ts';
import { Session } from '../../session/session.ts';
import { Button, Field, Icon, Input, Mark } from '../../ui/index.ts';
import { typedSecret, wayBack } from './way-back.ts';

/** /equipe/entrar: e-mail and password, then six digits; the first time also the QR for the authenticator app. */
@Component({
  selector: 'pt-staff-sign-in',
  imports: [Button, Field, Icon, Input, Mark, RouterLink, TranslocoDirective],
  template: `
    <main class="staff-door" *transloco="let t; prefix: 'backOffice.signIn'">
      <section class="card staff-card stack">
        <header class="stack-tight">
          <span class="brand"><pt-mark /> Poltrona</span>
          <h1 #heading tabindex="-1">{{ t(headings[step()]) }}</h1>
        </header>
        @if (step() === 'password') {
          @if (lacksRole()) {
            <div class="notice notice-warning">
              <pt-icon name="lock" />
              <div>
                {{ t('lacksRole', { email: session.account()?.email }) }}
                <a routerLink="/porta">{{ t('toDoor') }}</a>
              </div>
            </div>
          }
          <form class="stack" novalidate (submit)="enter($event)">
            <pt-field [label]="t('email')">
              <input ptInput #email type="email" name="email" autocomplete="username" required autofocus
                [value]="typedEmail()" (input)="typedEmail.set(email.value)" />
            </pt-field>
            <pt-field [label]="t('password')" [error]="refusal()">
              <input ptInput #password [type]="shown() ? 'text' : 'password'" name="password"
                autocomplete="current-password" required [value]="typedPassword()"
                (input)="typedPassword.set(password.value)" />
            </pt-field>
            <label class="check">
              <input type="checkbox" [checked]="shown()" (change)="shown.set(!shown())" /> {{ t('show') }}
            </label>
            <button ptButton="primary" class="button-wide" type="submit" [busy]="busy()">{{ t('next') }}</button>
          </form>
          <p class="small soft">{{ t('help') }}</p>
        } @else {
          @if (step() === 'enrol') {
            <p>{{ t('enrolText') }}</p>
            @if (qr(); as address) {
              <img class="enrol-qr" [src]="address" [alt]="t('qrAlt')" width="208" height="208" />
            }
            <details class="small">
              <summary>{{ t('noCamera') }}</summary>
              <p>{{ t('typeSecret') }}</p>
              <code class="enrol-secret">{{ secret() }}</code>
            </details>
          } @else {
            <p>{{ t('totpText') }}</p>
          }
          <form class="stack" novalidate (submit)="confirm($event)">
            <pt-field [label]="t('code')" [error]="refusal()">
              <input ptInput #code class="input-code" name="code" inputmode="numeric" autocomplete="one-time-code"
                maxlength="7" pattern="[0-9]*" [value]="typedCode()" (input)="type(code.value)" />
            </pt-field>
            <button ptButton="primary" class="button-wide" type="submit" [busy]="busy()">{{ t('confirm') }}</button>
            <button ptButton="quiet" type="button" (click)="startOver()">{{ t('startOver') }}</button>
          </form>
        }
      </section>
    </main>
  `,
})
export class StaffSignIn {
  readonly volta = input<string>();
  protected readonly session = inject(Session);
  private readonly injector = inject(Injector);
  private readonly router = inject(Router);
  private readonly language = inject(Language);
  private readonly answer = signal<StaffStep | null>(null);
  private readonly codeField = viewChild<ElementRef<HTMLElement>>('code');
  private readonly heading = viewChild<ElementRef<HTMLElement>>('heading');

  protected readonly typedEmail = signal('');
  protected readonly typedPassword = signal('');
  protected readonly typedCode = signal('');
  protected readonly shown = signal(false);
  protected readonly busy = signal(false);
  protected readonly refusal = signal('');

  protected readonly headings = { password: 'title', totp: 'totpTitle', enrol: 'enrolTitle' } as const;
  protected readonly step = computed(() => {
    const step = this.answer()?.step;
    return step === 'totp' || step === 'enrol' ? step : 'password';
  });
  protected readonly secret = computed(() => typedSecret(this.answer()?.otpauthUrl));
  protected readonly qr = computed(() => {
    const svg = this.answer()?.qrSvg;
    return svg ? `data:image/svg+xml,${encodeURIComponent(svg)}` : null;
  });
  protected readonly lacksRole = computed(
    () => this.session.role() === 'usher' && !!this.volta()?.startsWith('/admin'),
  );

  constructor() {
    afterNextRender(() => void this.leaveIfSignedIn());
  }

  protected async enter(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.typedEmail().includes('@') || this.typedPassword() === '') {
      this.refusal.set(this.language.say('backOffice.signIn.bothNeeded'));
      return;
    }
    await this.attempt(async () => {
      const answer = await this.session.staffSignIn(this.typedEmail().trim(), this.typedPassword());
      if (answer.step === 'done') {
        await this.session.refresh();
        await this.leave();
        return;
      }
      this.answer.set(answer);
      // To the code at once; who enrols reads first what to do.
      if (answer.step === 'totp')
        afterNextRender(() => this.codeField()?.nativeElement.focus(), { injector: this.injector });
      else this.focusHeading();
    });
  }

  protected type(text: string): void {
    this.typedCode.set(text.replaceAll(/\D/g, '').slice(0, 6));
    if (this.typedCode().length === 6 && !this.busy()) void this.sendCode();
  }

  protected async confirm(event: Event): Promise<void> {
    event.preventDefault();
    // Six digits go by themselves: the Enter after them is no second try, and no complaint about an emptied field.
    if (this.busy() || (this.typedCode() === '' && this.refusal() !== '')) return;
    if (this.typedCode().length === 6) await this.sendCode();
    else this.refusal.set(this.language.say('backOffice.signIn.sixDigits'));
  }

  protected startOver(): void {
    this.answer.set(null);
    this.refusal.set('');
    this.typedCode.set('');
    this.focusHeading();
  }

  private async sendCode(): Promise<void> {
    await this.attempt(async () => {
      await this.session.secondFactor(this.typedCode());
      await this.leave();
    });
    if (this.refusal()) this.typedCode.set('');
  }

  private async attempt(deed: () => Promise<void>): Promise<void> {
    this.busy.set(true);
    this.refusal.set('');
    try {
      await deed();
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'sign_in_expired') this.answer.set(null);
      this.refusal.set(this.sentence(error));
    } finally {
      this.busy.set(false);
    }
  }

  private sentence(error: unknown): string {
    const key = `backOffice.signIn.refusals.${error instanceof ApiProblem ? error.code : ''}`;
    const own = this.language.say(key);
    return own === key ? this.language.problem(error) : own;
  }

  /** Somebody who is already in and may go there needs no second sign-in (a reload, a second tab). */
  private async leaveIfSignedIn(): Promise<void> {
    await this.session.known();
    if (this.session.atLeast('usher') && !this.lacksRole()) await this.leave();
  }

  private async leave(): Promise<void> {
    const role = this.session.role();
    if (role && role !== 'buyer') await this.router.navigateByUrl(wayBack(this.volta(), role), { replaceUrl: true });
  }

  private focusHeading(): void {
    setTimeout(() => this.heading()?.nativeElement.focus());
  }
}
