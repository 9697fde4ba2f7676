import {
  afterNextRender,
  Component,
  computed,
  effect,
  ElementRef,
  inject,
  Injector,
  output,
  signal,
} from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PublicConfig } from '#contracts/payments';
import { Api } from '../api/api.ts';
import { ApiProblem } from '../api/api-problem.ts';
import { parseCpf } from '../contracts.ts';
import { Language } from '../language/language.ts';
import { Button, Field, Input } from '../ui/index.ts';
import { maskWhileTyping } from './cpf-mask.ts';
import { Session } from './session.ts';

type Step = 'email' | 'code' | 'cpf';

/** E-mail, then the code from it, then (once in a life) name and CPF. Emits `done` when a buyer with CPF is here. */
@Component({
  selector: 'pt-sign-in-form',
  imports: [Button, Field, Input, TranslocoDirective],
  templateUrl: './sign-in-form.html',
})
export class SignInForm {
  readonly done = output();
  protected readonly session = inject(Session);
  protected readonly language = inject(Language);
  private readonly api = inject(Api);
  private readonly element = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly injector = inject(Injector);
  protected readonly email = signal('');
  protected readonly code = signal('');
  protected readonly cpf = signal('');
  protected readonly name = signal('');
  private readonly sent = signal(false);
  protected readonly busy = signal(false);
  protected readonly error = signal('');
  protected readonly mailboxUrl = signal<string | null>(null);
  protected readonly step = computed<Step>(() => {
    if (this.session.signedIn() && !this.session.identified()) return 'cpf';
    return this.sent() ? 'code' : 'email';
  });

  constructor() {
    effect(() => {
      this.step();
      afterNextRender(() => this.element.nativeElement.querySelector('input')?.focus(), { injector: this.injector });
    });
    void this.findMailbox();
  }

  protected async sendCode(): Promise<void> {
    if (!/^\S+@\S+\.\S+$/.test(this.email().trim())) return this.error.set(this.language.say('signIn.emailWrong'));
    await this.attempt(async () => {
      await this.session.requestCode(this.email().trim());
      this.code.set('');
      this.sent.set(true);
    });
  }

  protected typeCode(text: string): void {
    this.code.set(text.replace(/\D/g, '').slice(0, 6));
    if (this.code().length === 6 && !this.busy()) void this.verify();
  }

  protected async verify(): Promise<void> {
    if (this.code().length < 6) return this.error.set(this.language.say('signIn.codeShort'));
    await this.attempt(async () => {
      await this.session.verify(this.email().trim(), this.code());
      this.finishIfIdentified();
    });
  }

  protected typeCpf(input: HTMLInputElement): void {
    this.cpf.set(maskWhileTyping(input.value));
    input.value = this.cpf();
  }

  protected async tellCpf(): Promise<void> {
    if (this.name().trim().length < 2) return this.error.set(this.language.say('signIn.nameShort'));
    const digits = parseCpf(this.cpf());
    if (!digits) return this.error.set(this.language.say('problems.cpf_invalid'));
    await this.attempt(async () => {
      await this.session.tellCpf(digits, this.name().trim());
      this.finishIfIdentified();
    });
  }

  protected otherEmail(): void {
    this.sent.set(false);
    this.error.set('');
  }

  private finishIfIdentified(): void {
    if (this.session.identified()) this.done.emit();
  }

  private async attempt(effort: () => Promise<void>): Promise<void> {
    if (this.busy()) return;
    this.busy.set(true);
    this.error.set('');
    try {
      await effort();
    } catch (error) {
      if (error instanceof ApiProblem && error.code.includes('code')) this.code.set('');
      this.error.set(this.language.problem(error));
    }
    this.busy.set(false);
  }

  /** On the demo, where the code arrives. */
  private async findMailbox(): Promise<void> {
    const config = await this.api.get<PublicConfig>('/api/config').catch(() => null);
    this.mailboxUrl.set(config?.demo ? config.mailboxUrl : null);
  }
}
