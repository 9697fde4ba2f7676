import { Component, computed, inject, input, output } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';
import { isOffline } from '../api/api-problem.ts';
import { Language } from '../language/language.ts';
import { Button } from './button.ts';
import { Icon, type IconName } from './icon.ts';

/** A page or a part of it that has nothing to show: `empty` says what to do next. Actions go inside. */
@Component({
  selector: 'pt-empty',
  imports: [Icon],
  template: `<div class="state">
    <pt-icon [name]="icon()" [size]="56" />
    <h2>{{ title() }}</h2>
    <p>{{ text() }}</p>
    <ng-content />
  </div>`,
})
export class Empty {
  readonly icon = input<IconName>('film');
  readonly title = input.required<string>();
  readonly text = input('');
}

/** Something could not be had: what happened, what was kept, what to try. */
@Component({
  selector: 'pt-failure',
  imports: [Icon, Button, TranslocoDirective],
  template: `
    <div class="state" role="alert" *transloco="let t">
      <pt-icon [name]="offline() ? 'offline' : 'alert'" [size]="56" />
      <h2>{{ offline() ? t('ui.offlineTitle') : t('ui.failureTitle') }}</h2>
      <p>{{ language.problem(error()) }} {{ kept() }}</p>
      <button ptButton="primary" type="button" (click)="retry.emit()">{{ t('ui.tryAgain') }}</button>
      <ng-content />
    </div>
  `,
})
export class Failure {
  readonly error = input.required<unknown>();
  readonly kept = input('');
  readonly retry = output();
  protected readonly language = inject(Language);
  protected readonly offline = computed(() => isOffline(this.error()));
}

/** What is shown was true at `at`; a newer answer could not be had. */
@Component({
  selector: 'pt-stale',
  imports: [Icon, TranslocoDirective],
  template: `
    <div class="notice notice-warning" role="status" *transloco="let t">
      <pt-icon name="offline" />
      <div>{{ t('ui.stale', { at: at() }) }}</div>
      <button type="button" class="button button-quiet button-small" (click)="retry.emit()">
        {{ t('ui.refresh') }}
      </button>
    </div>
  `,
})
export class Stale {
  readonly at = input.required<string>();
  readonly retry = output();
}
