import { Component, computed, effect, type ElementRef, inject, input, signal, viewChild } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { PaymentAttempt } from '#contracts/payments';
import { Language } from '../language/language.ts';
import { Announcer, Button, Icon } from '../ui/index.ts';
import { svgAddress } from '../ui/svg-address.ts';

/** The Pix QR and its copy-and-paste code. That it was paid comes from the order's live stream, not from here. */
@Component({
  selector: 'pt-pix-code',
  imports: [Button, Icon, TranslocoDirective],
  template: `
    <div class="pix" *transloco="let t">
      <div class="stack-tight">
        <p class="pix-total"><span class="small soft">{{ t('pay.pixTotal') }}</span> <b class="numbers">{{ total() }}</b></p>
        <label class="field-label" for="pix-code">{{ t('pay.pixCode') }}</label>
        <input id="pix-code" class="input pix-text" readonly [value]="pix().code"
          (focus)="$any($event.target).select()" />
        <button #copyButton ptButton="primary" size="large" class="button-wide" type="button" (click)="copy()">
          <pt-icon [name]="copied() ? 'check' : 'copy'" /> {{ t('pay.copy') }}
        </button>
        @if (note()) { <p class="small" role="status">{{ note() }}</p> }
      </div>
      <img class="qr" [src]="qr()" [alt]="t('pay.pixQr', { total: total() })" width="232" height="232" />
      <p class="small soft pix-how">{{ t('pay.pixHow') }}</p>
      <p class="row soft pix-waiting" role="status"><span class="spinner"></span> {{ t('pay.waiting') }}</p>
    </div>
  `,
})
export class PixCode {
  readonly pix = input.required<NonNullable<PaymentAttempt['pix']>>();
  readonly total = input.required<string>();
  /** Somebody pressed for this code just now: the button that was pressed is gone, and copying is what comes next. */
  readonly awaited = input(false);
  private readonly copyButton = viewChild<ElementRef<HTMLElement>>('copyButton');
  private readonly language = inject(Language);
  private readonly announcer = inject(Announcer);
  protected readonly qr = computed(() => svgAddress(this.pix().qrSvg));
  protected readonly copied = signal(false);
  protected readonly note = signal('');

  constructor() {
    effect(() => {
      const button = this.copyButton()?.nativeElement;
      // Also brings it into sight on the smallest screens; who has gone on to something else is left there.
      if (button && this.awaited() && document.activeElement === document.body) button.focus();
    });
  }

  protected async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.pix().code);
      this.copied.set(true);
      this.note.set(this.language.say('pay.copied'));
    } catch {
      // Not a secure page (a phone on the cinema's own network): the field is selected, the hand does the rest.
      document.querySelector<HTMLInputElement>('#pix-code')?.select();
      this.note.set(this.language.say(document.execCommand('copy') ? 'pay.copied' : 'pay.copyFailed'));
    }
    this.announcer.say(this.note());
  }
}
