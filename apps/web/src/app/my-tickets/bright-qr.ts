import { Component, computed, effect, inject, input, linkedSignal, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { TicketView } from '#contracts/tickets';
import { Formats } from '../language/formats.ts';
import { Dialog, Icon } from '../ui/index.ts';
import { svgAddress } from '../ui/svg-address.ts';

/** One QR at a time on plain white, as large as the screen, which is kept awake, for the reader at the door. */
@Component({
  selector: 'pt-bright-qr',
  imports: [Dialog, Icon, TranslocoDirective],
  template: `
    <ng-container *transloco="let t">
      <pt-dialog [open]="open()" [title]="ticket()?.movieTitle ?? ''" shape="full" (closed)="closed.emit()">
        @if (ticket(); as one) {
          <div class="bright">
            <img [src]="picture(one.qrSvg)" [alt]="t('ticket.qr', { seat: one.seatLabel })" />
            <p class="bright-seat">{{ one.seatLabel }}</p>
            <p>{{ t('kind.' + one.kind) }} · {{ one.auditoriumName }}</p>
            <p>{{ formats.moment(one.localDate, one.localTime) }}</p>
            <p class="numbers bright-code">{{ one.code }}</p>
            @if (tickets().length > 1) {
              <div class="row-apart bright-turn">
                <button type="button" class="button button-secondary button-icon" [disabled]="at() === 0"
                  [attr.aria-label]="t('ticket.previous')" (click)="at.set(at() - 1)"><pt-icon name="back" /></button>
                <span aria-live="polite">{{ t('ticket.of', { at: at() + 1, count: tickets().length }) }}</span>
                <button type="button" class="button button-secondary button-icon"
                  [disabled]="at() >= tickets().length - 1"
                  [attr.aria-label]="t('ticket.next')" (click)="at.set(at() + 1)"><pt-icon name="next" /></button>
              </div>
            }
            <p class="small">{{ t('ticket.brightness') }}</p>
          </div>
        }
      </pt-dialog>
    </ng-container>
  `,
})
export class BrightQr {
  readonly tickets = input.required<readonly TicketView[]>();
  /** Which one is opened; null for none. */
  readonly opened = input.required<number | null>();
  readonly closed = output();
  protected readonly formats = inject(Formats);
  protected readonly picture = svgAddress;
  protected readonly open = computed(() => this.opened() !== null);
  protected readonly at = linkedSignal(() => this.opened() ?? 0);
  protected readonly ticket = computed(() => this.tickets()[this.at()]);

  constructor() {
    effect((cleanUp) => {
      if (!this.open() || !('wakeLock' in navigator)) return;
      const lock = navigator.wakeLock.request('screen').catch(() => null);
      cleanUp(() => void lock.then((held) => held?.release()));
    });
  }
}
