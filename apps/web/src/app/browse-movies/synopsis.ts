import {
  afterRenderEffect,
  Component,
  DestroyRef,
  type ElementRef,
  inject,
  input,
  linkedSignal,
  signal,
  viewChild,
} from '@angular/core';
import { TranslocoDirective } from '@jsverse/transloco';

/** The first lines of a text, and the rest when asked for; the button is there whenever something is cut off. */
@Component({
  selector: 'pt-synopsis',
  imports: [TranslocoDirective],
  template: `
    <p #words class="movie-synopsis" [class.movie-synopsis-short]="!whole()">{{ text() }}</p>
    @if (cut() || whole()) {
      <button type="button" class="text-button" *transloco="let t" [attr.aria-expanded]="whole()"
        (click)="whole.set(!whole())">{{ t(whole() ? 'movie.less' : 'movie.more') }}</button>
    }
  `,
})
export class Synopsis {
  readonly text = input.required<string>();
  protected readonly whole = linkedSignal({ source: this.text, computation: () => false });
  protected readonly cut = signal(false);
  private readonly words = viewChild.required<ElementRef<HTMLElement>>('words');

  constructor() {
    const resized = new ResizeObserver(() => this.measure());
    afterRenderEffect(() => {
      this.text();
      this.whole();
      resized.observe(this.words().nativeElement);
      this.measure();
    });
    inject(DestroyRef).onDestroy(() => resized.disconnect());
  }

  private measure(): void {
    const { scrollHeight, clientHeight } = this.words().nativeElement;
    if (!this.whole()) this.cut.set(scrollHeight > clientHeight + 1);
  }
}
