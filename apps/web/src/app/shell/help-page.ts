import { Component } from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';

@Component({
  selector: 'pt-help-page',
  imports: [TranslocoDirective],
  template: `<div class="page page-narrow stack" *transloco="let t">
    <h1>{{ t('help.title') }}</h1>
    @for (item of items(t); track item.q) {
      <details class="card"><summary class="strong">{{ item.q }}</summary><p class="soft">{{ item.a }}</p></details>
    }
  </div>`,
})
export class HelpPage {
  protected items(t: (key: string) => unknown): { q: string; a: string }[] {
    return t('help.items') as { q: string; a: string }[];
  }
}
