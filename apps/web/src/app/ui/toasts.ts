import { Component, inject, Injectable, signal } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { Icon, type IconName } from './icon.ts';

export type ToastKind = 'success' | 'danger' | 'warning' | 'info';
export type Toast = { id: number; kind: ToastKind; text: string };

const SHOWN_MS = 7_000;

/** Short news that needs no answer. Errors that need one belong beside what failed. */
@Injectable({ providedIn: 'root' })
export class Toasts {
  private next = 1;
  private readonly list = signal<Toast[]>([]);
  readonly shown = this.list.asReadonly();

  show(kind: ToastKind, text: string): void {
    const id = this.next;
    this.next += 1;
    this.list.update((list) => [...list.slice(-2), { id, kind, text }]);
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  dismiss(id: number): void {
    this.list.update((list) => list.filter((toast) => toast.id !== id));
  }
}

const ICON_OF: Record<ToastKind, IconName> = { success: 'check', danger: 'alert', warning: 'alert', info: 'info' };

@Component({
  selector: 'pt-toasts',
  imports: [Icon, TranslocoDirective],
  template: `
    <div class="toasts" role="status" aria-live="polite" *transloco="let t">
      @for (toast of toasts.shown(); track toast.id) {
        <div class="toast" [class]="'toast-' + toast.kind">
          <pt-icon [name]="icons[toast.kind]" />
          <span>{{ toast.text }}</span>
          <button type="button" class="button button-quiet button-icon button-small" [attr.aria-label]="t('ui.close')"
            (click)="toasts.dismiss(toast.id)"><pt-icon name="close" [size]="16" /></button>
        </div>
      }
    </div>
  `,
})
export class ToastOutlet {
  protected readonly toasts = inject(Toasts);
  protected readonly icons = ICON_OF;
}
