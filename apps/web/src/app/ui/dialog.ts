import { Component, effect, type ElementRef, input, output, viewChild } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Icon } from './icon.ts';

let dialogCount = 0;

/**
 * The browser's own modal dialog: it keeps the focus in, makes the page behind inert, closes on Escape and gives the
 * focus back, better than any script. `sheet` rises from the bottom on phones.
 */
@Component({
  selector: 'pt-dialog',
  imports: [Icon, TranslocoDirective],
  template: `
    <dialog
      #dialog
      class="dialog"
      [class.dialog-sheet]="shape() === 'sheet'"
      [class.dialog-wide]="shape() === 'wide'"
      [class.dialog-full]="shape() === 'full'"
      [attr.aria-labelledby]="id"
      (cancel)="onCancel($event)"
      (close)="open() && closed.emit()"
      (click)="closeOnScrim($event)"
    >
      @if (open()) {
        <div class="dialog-head">
          <h2 [id]="id">{{ title() }}</h2>
          @if (dismissable()) {
            <button type="button" class="button button-icon button-quiet" *transloco="let t"
              [attr.aria-label]="t('ui.close')" (click)="closed.emit()">
              <pt-icon name="close" />
            </button>
          }
        </div>
        <div class="dialog-body"><ng-content /></div>
      }
    </dialog>
  `,
})
export class Dialog {
  readonly open = input.required<boolean>();
  readonly title = input.required<string>();
  readonly shape = input<'box' | 'sheet' | 'wide' | 'full'>('box');
  readonly dismissable = input(true);
  readonly closed = output();
  protected readonly id = `dialog-${(dialogCount += 1)}`;
  private readonly dialog = viewChild.required<ElementRef<HTMLDialogElement>>('dialog');

  constructor() {
    effect(() => {
      const dialog = this.dialog().nativeElement;
      if (this.open() && !dialog.open) dialog.showModal();
      if (!this.open() && dialog.open) dialog.close();
    });
  }

  protected onCancel(event: Event): void {
    event.preventDefault();
    if (this.dismissable()) this.closed.emit();
  }

  protected closeOnScrim(event: MouseEvent): void {
    if (event.target === this.dialog().nativeElement && this.dismissable()) this.closed.emit();
  }
}
