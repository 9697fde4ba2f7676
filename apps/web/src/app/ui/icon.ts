import { Component, computed, input } from '@angular/core';
import { ICON_PATHS } from './icon-paths.ts';

export type IconName = keyof typeof ICON_PATHS;

/** Decoration beside a word, or the word itself when `label` is given. */
@Component({
  selector: 'pt-icon',
  template: `<svg
    [attr.width]="size()"
    [attr.height]="size()"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    stroke-linejoin="round"
    focusable="false"
    [attr.role]="label() ? 'img' : null"
    [attr.aria-label]="label() || null"
    [attr.aria-hidden]="label() ? null : 'true'"
  >
    <path [attr.d]="path()" />
  </svg>`,
  host: { '[style.display]': '"contents"' },
})
export class Icon {
  readonly name = input.required<IconName>();
  readonly size = input(20);
  readonly label = input('');
  protected readonly path = computed(() => ICON_PATHS[this.name()]);
}
