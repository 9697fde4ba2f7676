import { Component, input } from '@angular/core';

/** Our mark: a poltrona seen from the front, in five strokes. */
@Component({
  selector: 'pt-mark',
  template: `<svg [attr.width]="size()" [attr.height]="size()" viewBox="4 4 24 24" fill="none" stroke="currentColor"
    stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
    <path d="M10 15V9.6A3.6 3.6 0 0 1 13.6 6h4.8A3.6 3.6 0 0 1 22 9.6V15" />
    <path d="M6.5 16.2v5.3A2.5 2.5 0 0 0 9 24h14a2.5 2.5 0 0 0 2.5-2.5v-5.3" />
    <path d="M10.4 19h11.2" />
    <path d="M10 24v2.4M22 24v2.4" />
  </svg>`,
  host: { '[style.display]': '"contents"' },
})
export class Mark {
  readonly size = input(28);
}
