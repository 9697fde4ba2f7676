import { Component, computed, input } from '@angular/core';
import { posterArt } from './poster-art.ts';

/** The film's poster, or one drawn from its title when there is none. The title beside it is the text for everybody. */
@Component({
  selector: 'pt-poster',
  template: `
    @if (url()) {
      <img [src]="url()" alt="" width="200" height="300" [attr.loading]="eager() ? 'eager' : 'lazy'" decoding="async" />
    } @else {
      @let a = art();
      <svg viewBox="0 0 200 300" aria-hidden="true" focusable="false">
        <rect width="200" height="300" [attr.fill]="a.ground" />
        <g [attr.transform]="'rotate(' + a.turn * 4 + ' 100 110)'">
          @switch (a.motif) {
            @case (0) {
              <circle cx="100" cy="104" r="74" [attr.fill]="a.shape" />
              <circle cx="128" cy="84" r="62" [attr.fill]="a.ground" />
              <circle cx="52" cy="52" r="3" [attr.fill]="a.glow" />
              <circle cx="160" cy="92" r="4" [attr.fill]="a.glow" />
            }
            @case (1) {
              <path d="M100 -20 L210 250 H-10 Z" [attr.fill]="a.shape" opacity=".55" />
              <path d="M100 -20 L150 250 H50 Z" [attr.fill]="a.glow" opacity=".8" />
              <ellipse cx="100" cy="182" rx="62" ry="13" [attr.fill]="a.deep" opacity=".75" />
            }
            @case (2) {
              @for (r of [92, 74, 56, 38, 20]; track r) {
                <circle cx="100" cy="112" [attr.r]="r" fill="none"
                  [attr.stroke]="$odd ? a.glow : a.shape" stroke-width="9" />
              }
            }
            @case (3) {
              @for (x of [0, 1, 2, 3, 4, 5, 6]; track x) {
                <rect [attr.x]="-20 + x * 36" y="-40" width="18" height="300" [attr.fill]="x === 3 ? a.glow : a.shape"
                  transform="skewX(-14)" [attr.opacity]="0.35 + x * 0.1" />
              }
            }
            @case (4) {
              <circle cx="100" cy="122" r="64" [attr.fill]="a.glow" />
              @for (y of [118, 132, 147, 163, 180]; track y) {
                <rect x="20" [attr.y]="y" width="160" [attr.height]="3 + $index * 1.6" [attr.fill]="a.ground" />
              }
              <path d="M-20 190 60 130 110 176 160 140 240 200V300H-20Z" [attr.fill]="a.shape" opacity=".9" />
            }
            @case (5) {
              <path d="M20 40h160v44H20zM44 84h24v110H44zM132 84h24v110h-24z" [attr.fill]="a.shape" />
              <path d="M84 84h32v110H84z" [attr.fill]="a.glow" />
              <path d="M8 194h184v14H8z" [attr.fill]="a.shape" />
            }
            @case (6) {
              <path d="M4 112C46 44 154 44 196 112C154 180 46 180 4 112Z" [attr.fill]="a.shape" />
              <circle cx="100" cy="112" r="38" [attr.fill]="a.glow" />
              <circle cx="100" cy="112" r="17" [attr.fill]="a.deep" />
              <circle cx="113" cy="99" r="6" [attr.fill]="a.ink" />
            }
            @default {
              @for (i of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]; track i) {
                <path d="M100 112 92 -60 108 -60Z" [attr.fill]="$odd ? a.glow : a.shape" opacity=".75"
                  [attr.transform]="'rotate(' + i * 30 + ' 100 112)'" />
              }
              <circle cx="100" cy="112" r="36" [attr.fill]="a.deep" />
              <circle cx="100" cy="112" r="24" [attr.fill]="a.glow" />
            }
          }
        </g>
        <path d="M0 168C50 190 150 190 200 168V300H0Z" [attr.fill]="a.deep" />
        <rect x="18" y="196" width="22" height="3" [attr.fill]="a.glow" />
        <text x="18" [attr.y]="290 - (a.lines.length - 1) * a.fontSize * 1.06 - 8" [attr.fill]="a.ink"
          [attr.font-size]="a.fontSize" font-weight="800" letter-spacing="-0.03em">
          @for (line of a.lines; track $index) {
            <tspan x="18" [attr.dy]="$index === 0 ? 0 : a.fontSize * 1.06">{{ line }}</tspan>
          }
        </text>
      </svg>
    }
  `,
  host: { class: 'poster' },
})
export class Poster {
  readonly title = input.required<string>();
  readonly url = input<string | null>(null);
  readonly eager = input(false);
  protected readonly art = computed(() => posterArt(this.title()));
}
