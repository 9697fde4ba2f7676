import { Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { TranslocoDirective } from '@jsverse/transloco';
import { Button, Empty } from '../ui/index.ts';

@Component({
  selector: 'pt-not-found',
  imports: [Button, Empty, RouterLink, TranslocoDirective],
  template: `<div class="page" *transloco="let t">
    <h1 class="sr-only">{{ t('notFound.title') }}</h1>
    <pt-empty icon="film" [title]="t('notFound.title')" [text]="t('notFound.text')">
      <a ptButton="primary" routerLink="/">{{ t('notFound.home') }}</a>
    </pt-empty>
  </div>`,
})
export class NotFound {}
