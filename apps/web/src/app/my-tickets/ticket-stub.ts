import { Component, inject, input, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import type { TicketView } from '#contracts/tickets';
import { Formats } from '../language/formats.ts';
import { svgAddress } from '../ui/svg-address.ts';

/** One ticket, whole enough for a screenshot: movie, moment, place, seat, kind and QR; pressing it shows the QR alone, large and bright. */
@Component({
  selector: 'pt-ticket-stub',
  imports: [TranslocoDirective],
  template: `
    <article class="stub" [class.stub-void]="ticket().state !== 'valid'" *transloco="let t">
      <header class="stub-head">
        <p class="stub-movie">{{ ticket().movieTitle }}</p>
        <p class="small">{{ formats.moment(ticket().localDate, ticket().localTime) }}</p>
        <p class="small soft">{{ ticket().theaterName }}, {{ ticket().auditoriumName }}</p>
      </header>
      <div class="stub-text">
        <p class="small soft">{{ t('ticket.seat') }}</p>
        <p class="stub-seat">{{ ticket().seatLabel }}</p>
        <p class="small">{{ t('kind.' + ticket().kind) }}</p>
        @if (ticket().state === 'valid') {
          <p class="stub-code small numbers">{{ ticket().code }}</p>
        } @else {
          <span class="badge badge-danger">{{ t('ticket.' + ticket().state) }}</span>
        }
      </div>
      <button type="button" class="stub-qr" (click)="show.emit()"
        [attr.aria-label]="t('ticket.show') + ', ' + ticket().seatLabel">
        <img [src]="picture(ticket().qrSvg)" alt="" width="132" height="132" />
      </button>
    </article>
  `,
})
export class TicketStub {
  readonly ticket = input.required<TicketView>();
  readonly show = output();
  protected readonly formats = inject(Formats);
  protected readonly picture = svgAddress;
}
