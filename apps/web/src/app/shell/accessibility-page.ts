import { Component } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';

@Component({
  selector: 'pt-accessibility-page',
  imports: [TranslocoDirective],
  template: `<div class="page page-narrow stack" *transloco="let t">
    <h1>{{ t('accessibilityPage.title') }}</h1>
    @for (paragraph of paragraphs(t); track paragraph) { <p class="soft">{{ paragraph }}</p> }
  </div>`,
})
export class AccessibilityPage {
  protected paragraphs(t: (key: string) => unknown): string[] {
    return t('accessibilityPage.paragraphs') as string[];
  }
}
