import { afterNextRender, Component, computed, DestroyRef, ElementRef, inject, input, signal } from '@angular/core';
import { Formats } from '../../language/formats.ts';
import { Language } from '../../language/language.ts';
import { columnsOf, type Frame, heightOf, linePath, niceTicks } from './chart-scale.ts';

const HEIGHT = 220;
const NARROW = 520; // Below this width every third label is written, not every second.

/**
 * Bars against a line, over the same labels. Arrow keys walk the columns; what stands there is written below the chart
 * and spoken; the same numbers as a table are one tap away.
 */
@Component({
  selector: 'pt-bars-and-line',
  template: `
    <figure class="chart">
      <figcaption class="row-apart chart-caption">
        <span class="strong">{{ title() }}</span>
        <span class="chart-legend small soft">
          <span><i class="key-bar"></i>{{ barsName() }}</span>
          <span><i class="key-line"></i>{{ lineName() }}</span>
        </span>
      </figcaption>
      <div role="group" [attr.aria-label]="summary()" (keydown)="walk($event)" (pointerleave)="at.set(null)">
        <svg class="chart-drawing" [attr.viewBox]="'0 0 ' + width() + ' ' + height" [attr.height]="height" width="100%">
          <g aria-hidden="true">
            @for (tick of ticks(); track tick) {
              <line class="chart-grid" [attr.x1]="frame().left" [attr.x2]="width()" [attr.y1]="yOf(tick)"
                [attr.y2]="yOf(tick)" />
              <text class="chart-text" [attr.x]="frame().left - 8" [attr.y]="yOf(tick) + 4"
                text-anchor="end">{{ formats.number(tick) }}</text>
            }
          </g>
          @for (column of columns(); track $index; let index = $index) {
            <rect class="chart-bar" [class.chart-bar-at]="at() === index" aria-hidden="true" rx="3"
              [attr.x]="column.x" [attr.width]="column.width" [attr.y]="yOf(bars()[index] ?? 0)"
              [attr.height]="baseline() - yOf(bars()[index] ?? 0)" />
            @if (index % every() === 0) {
              <text class="chart-text" aria-hidden="true" text-anchor="middle" [attr.x]="column.centre"
                [attr.y]="height - 6">{{ labels()[index] }}</text>
            }
          }
          <path class="chart-line" aria-hidden="true" [attr.d]="line()" />
          @if (at() !== null && columns()[at()!]; as column) {
            <circle class="chart-dot" aria-hidden="true" r="4.5" [attr.cx]="column.centre"
              [attr.cy]="yOf(lineValues()[at()!] ?? 0)" />
          }
          @for (column of columns(); track $index; let index = $index) {
            <rect class="chart-column" role="img" [attr.tabindex]="index === stop() ? 0 : -1" [attr.data-index]="index"
              [attr.aria-label]="wordsAt(index)" [attr.x]="column.centre - room() / 2" [attr.width]="room()"
              [attr.y]="frame().top" [attr.height]="baseline() - frame().top" (focus)="at.set(index)"
              (blur)="at.set(null)" (pointerenter)="at.set(index)" (click)="at.set(index)" />
          }
        </svg>
      </div>
      <p class="chart-reading small numbers" aria-hidden="true">{{ at() === null ? summary() : wordsAt(at()!) }}</p>
      <details class="small">
        <summary>{{ language.say('backOffice.charts.asTable') }}</summary>
        <div class="table-frame" tabindex="0" role="group" [attr.aria-label]="title()">
          <table class="table">
            <thead><tr><th scope="col">{{ labelName() }}</th><th scope="col" class="number">{{ barsName() }}</th><th
              scope="col" class="number">{{ lineName() }}</th></tr></thead>
            <tbody>
              @for (label of labels(); track label; let index = $index) {
                <tr><th scope="row">{{ label }}</th><td class="number">{{ formats.number(bars()[index] ?? 0) }}</td>
                <td class="number">{{ formats.number(lineValues()[index] ?? 0) }}</td></tr>
              }
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  `,
})
export class BarsAndLine {
  readonly title = input.required<string>();
  /** One sentence that says what the drawing says. */
  readonly summary = input.required<string>();
  readonly labels = input.required<readonly string[]>();
  readonly labelName = input.required<string>();
  readonly bars = input.required<readonly number[]>();
  readonly barsName = input.required<string>();
  readonly lineValues = input.required<readonly number[]>();
  readonly lineName = input.required<string>();

  protected readonly language = inject(Language);
  protected readonly formats = inject(Formats);
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef).nativeElement;
  protected readonly height = HEIGHT;
  protected readonly width = signal(640);
  protected readonly at = signal<number | null>(null);
  private readonly kept = signal(0);
  protected readonly stop = computed(() => Math.min(this.kept(), this.labels().length - 1));

  protected readonly ticks = computed(() => niceTicks(Math.max(...this.bars(), ...this.lineValues(), 0), 4));
  private readonly max = computed(() => this.ticks().at(-1) ?? 1);
  protected readonly frame = computed<Frame>(() => {
    const left = 16 + 8 * this.formats.number(this.max()).length;
    return { left, right: 0, top: 8, bottom: 24, width: this.width(), height: HEIGHT };
  });
  protected readonly columns = computed(() => columnsOf(this.frame(), this.labels().length));
  protected readonly room = computed(() => (this.width() - this.frame().left) / Math.max(1, this.labels().length));
  protected readonly baseline = computed(() => this.frame().height - this.frame().bottom);
  protected readonly every = computed(() => (this.width() < NARROW ? 4 : 2));
  protected readonly line = computed(() =>
    linePath(this.columns().map((column, index) => [column.centre, this.yOf(this.lineValues()[index] ?? 0)])),
  );

  constructor() {
    const observer = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) this.width.set(Math.round(entry.contentRect.width));
    });
    afterNextRender(() => observer.observe(this.host.querySelector('figure') ?? this.host));
    inject(DestroyRef).onDestroy(() => observer.disconnect());
  }

  protected yOf(value: number): number {
    return heightOf(this.frame(), value, this.max());
  }

  protected wordsAt(index: number): string {
    return this.language.say('backOffice.charts.reading', {
      label: this.labels()[index],
      bars: this.formats.number(this.bars()[index] ?? 0),
      barsName: this.barsName(),
      line: this.formats.number(this.lineValues()[index] ?? 0),
      lineName: this.lineName(),
    });
  }

  protected walk(event: KeyboardEvent): void {
    const last = this.labels().length - 1;
    const moves: Record<string, number> = {
      ArrowRight: this.stop() + 1,
      ArrowLeft: this.stop() - 1,
      Home: 0,
      End: last,
    };
    const wanted = moves[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    this.kept.set(Math.min(Math.max(wanted, 0), last));
    this.host.querySelector<SVGElement>(`[data-index="${this.stop()}"]`)?.focus();
  }
}
