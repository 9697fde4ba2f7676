import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Language } from '../../language/language.ts';
import { heatLevel } from './chart-scale.ts';

/** `share` is 0 … 1. `note` is said and shown instead of the share (paused, cancelled). */
export type HeatCell = { key: number; link: string; label: string; title: string; share: number; note: string };
export type HeatRow = { name: string; cells: readonly HeatCell[] };

/** How full many things are: rows of cells in order of time, coloured by share, always with the number. */
@Component({
  selector: 'pt-heat-strip',
  imports: [RouterLink],
  template: `
    <div class="heat" role="group" [attr.aria-label]="label()">
      @for (row of painted(); track row.name) {
        <div class="heat-row">
          <h3 class="heat-name small">{{ row.name }}</h3>
          <ul class="heat-cells" role="list">
            @for (cell of row.cells; track cell.key) {
              <li>
                <a class="heat-cell" [routerLink]="cell.link" [attr.data-level]="cell.note ? 'off' : cell.level"
                  [attr.title]="cell.words">
                  <span class="heat-label" aria-hidden="true">{{ cell.label }}</span>
                  <span class="heat-value" aria-hidden="true">{{ cell.note || cell.percent }}</span>
                  <span class="sr-only">{{ cell.words }}</span>
                </a>
              </li>
            }
          </ul>
        </div>
      }
    </div>
    <div class="heat-legend small soft" aria-hidden="true">
      @for (step of legend; track step.level) {
        <span><i class="heat-key" [attr.data-level]="step.level"></i>{{ step.text }}</span>
      }
    </div>
  `,
})
export class HeatStrip {
  readonly label = input.required<string>();
  readonly rows = input.required<readonly HeatRow[]>();
  private readonly language = inject(Language);
  protected readonly legend = [
    { level: 0, text: '0%' },
    { level: 1, text: '1–29%' },
    { level: 2, text: '30–59%' },
    { level: 3, text: '60–89%' },
    { level: 4, text: '90–100%' },
  ];
  protected readonly painted = computed(() =>
    this.rows().map((row) => ({
      name: row.name,
      cells: row.cells.map((cell) => {
        const percent = `${Math.floor(cell.share * 100)}%`;
        return {
          ...cell,
          percent,
          level: heatLevel(cell.share),
          words: this.language.say('backOffice.charts.cell', {
            label: cell.label,
            title: cell.title,
            value: cell.note ? `${percent}, ${cell.note}` : percent,
          }),
        };
      }),
    })),
  );
}
