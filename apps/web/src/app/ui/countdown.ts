import { Component, computed, DestroyRef, effect, inject, input, output, signal } from '@angular/core';
import { Language } from '../language/language.ts';
import { Announcer } from './announcer.ts';
import { Icon } from './icon.ts';
import { asMinutes, secondsLeft } from './remaining-time.ts';

const URGENT_SECONDS = 60;
const SPOKEN_AT = [300, 120, 60, 30];

/** Time left, always seen, urgent in the last minute. Spoken only at 5, 2, 1 and half a minute. */
@Component({
  selector: 'pt-countdown',
  imports: [Icon],
  template: `<span class="countdown" [class.countdown-urgent]="urgent()" role="timer">
    <pt-icon name="clock" [size]="18" />
    <span><span class="sr-only">{{ language.say('countdown.left') }} </span>{{ text() }}</span>
  </span>`,
})
export class Countdown {
  readonly until = input.required<string>();
  /** Server time minus device time, in milliseconds. */
  readonly skew = input(0);
  readonly elapsed = output();
  protected readonly language = inject(Language);
  private readonly announcer = inject(Announcer);
  private readonly now = signal(Date.now());
  protected readonly left = computed(() => secondsLeft(this.until(), this.now(), this.skew()));
  protected readonly text = computed(() => asMinutes(this.left()));
  protected readonly urgent = computed(() => this.left() <= URGENT_SECONDS);

  constructor() {
    const timer = setInterval(() => this.now.set(Date.now()), 250);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
    let over = '';
    let spoken = Number.POSITIVE_INFINITY;
    effect(() => {
      const left = this.left();
      const mark = SPOKEN_AT.find((seconds) => left <= seconds && left > seconds - 3);
      if (mark !== undefined && mark < spoken) {
        spoken = mark;
        this.announcer.say(this.language.say('countdown.spoken', { time: asMinutes(left) }));
      }
      if (left > 0 || over === this.until()) return;
      over = this.until();
      this.elapsed.emit();
    });
  }
}
