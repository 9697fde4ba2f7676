import { afterNextRender, Component, computed, type ElementRef, inject, input, output, viewChild } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { Icon } from '../../ui/index.ts';
import { LOOKS, nearDay, type Shown, wordsOf } from './verdict-look.ts';

/** The whole screen says it: colour, sign and words, readable at arm's length. A tap or Escape goes on. */
@Component({
  selector: 'pt-verdict-screen',
  imports: [Icon, TranslocoDirective],
  template: `
    <div class="verdict" [attr.data-tone]="look().tone" *transloco="let t; prefix: 'door.verdict'">
      <div class="verdict-sign"><pt-icon [name]="look().sign" [size]="160" /></div>
      <div role="alert" class="verdict-words">
        <p class="verdict-big">{{ t(words().big.key, words().big.values) }}</p>
        @if (words().small; as small) {
          <p class="verdict-small">{{ t(small.key, small.values) }}</p>
        }
      </div>
      <button #button type="button" class="verdict-next" (click)="next.emit()">{{ t('next') }}</button>
    </div>
  `,
})
export class VerdictScreen {
  readonly shown = input.required<Shown>();
  readonly next = output();
  private readonly language = inject(Language);
  private readonly formats = inject(Formats);
  protected readonly look = computed(() => LOOKS[this.shown().said]);
  protected readonly words = computed(() =>
    wordsOf(this.shown(), {
      time: (localTime) => this.formats.time(localTime),
      day: (localDate, today) => this.day(localDate, today),
      kind: (kind) => this.language.say(`door.kinds.${kind}`),
      proof: (kind) => this.language.say(`door.proofs.${kind}`),
    }),
  );
  private readonly button = viewChild<ElementRef<HTMLElement>>('button');

  constructor() {
    afterNextRender(() => this.button()?.nativeElement.focus());
  }

  private day(localDate: string, today: string): string {
    const [, month, day] = localDate.split('-');
    const date = this.language.code() === 'pt-BR' ? `${day}/${month}` : this.formats.dayAndMonth(localDate);
    return this.language.say(`door.verdict.near.${nearDay(localDate, today)}`, { date });
  }
}
